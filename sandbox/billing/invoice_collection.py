"""
Charging the card for an open invoice.

``invoice_lifecycle`` writes the result to the invoice.
"""

from sandbox.billing.invoice_lifecycle import intent_of, record_failure, settle, subscription_of
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import timer
from sandbox.core.store import Obj
from sandbox.payments import charges
from sandbox.payments.cards import GENERIC, Card, Decline
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payment_intents import decline_error
from sandbox.payments.saved_cards import attach_to, method_of, payer_of
from sandbox.webhooks.events import emit

NO_METHOD = Result(
    Outcome.DECLINED,
    "missing",
    "This customer has no attached payment source or default payment method. Please consider adding a "
    "default payment method.",
)


def collect(box: Box, invoice: Obj) -> Result:
    """Try to collect an open invoice automatically, for a renewal or a retry."""
    timers.unschedule(box, "invoice.retry", invoice["id"])
    if invoice["amount_due"] == 0:
        settle(box, invoice)
        return Result(Outcome.PAID)
    payment_method = default_payment_method(box, subscription_of(box, invoice))
    result = charge(box, invoice, payment_method) if payment_method else NO_METHOD
    if result.outcome is Outcome.PAID:
        settle(box, invoice)
    else:
        record_failure(box, invoice, result, automatic=True)
    return result


def pay_now(
    box: Box,
    invoice: Obj,
    payment_method: Obj | None,
    *,
    on_session: bool = False,
    passed: bool = False,
) -> Result:
    """Try to collect an open invoice on request. The schedule of retries doesn't change."""
    if invoice["amount_due"] == 0:
        settle(box, invoice)
        return Result(Outcome.PAID)
    result = NO_METHOD
    if payment_method:
        result = charge(box, invoice, payment_method, on_session=on_session, passed=passed)
    if result.outcome is Outcome.PAID:
        settle(box, invoice)
    elif not (on_session and result.outcome is Outcome.CHALLENGE):
        record_failure(box, invoice, result, automatic=False)
    return result


def default_payment_method(box: Box, subscription: Obj) -> Obj | None:
    """Return the default payment method of a subscription or else of its customer, if it is attached."""
    customer = box.store.get(subscription["customer"])
    found = [subscription["default_payment_method"], customer["invoice_settings"]["default_payment_method"]]
    methods = (box.store.find(wanted) for wanted in found if wanted)
    return next((method for method in methods if method and method["customer"] == customer["id"]), None)


def charge(
    box: Box,
    invoice: Obj,
    payment_method: Obj,
    *,
    on_session: bool = False,
    is_first: bool = False,
    passed: bool = False,
) -> Result:
    """
    Charge what is due. The caller must call ``settle`` or ``record_failure`` afterwards.

    ``on_session``: the customer is present and can be challenged. ``passed``: they have passed the challenge.
    ``is_first``: it is a subscription's first payment, which some cards accept although they decline all
    later ones.
    """
    intent, method = intent_of(box, invoice), method_of(box, payment_method)
    assert intent is not None
    assert method.card is not None
    intent["payment_method"] = payment_method["id"]
    if not passed and (method.card.challenge if on_session else method.card.rechallenge):
        page = f"{box.settings.base_url}/i/{invoice['id']}"
        return require_action(box, intent, page=f"{page}/challenge", back=page)
    refusal = (
        method.card.refusal if is_first else refusal_of(box, invoice, method.card, on_session=on_session)
    )
    taken = charges.new_charge(
        box, intent, method, payer_of(box, payment_method), status="failed" if refusal else "succeeded"
    )
    if refusal:
        return decline(box, intent, taken, refusal)
    return succeed(box, intent, taken, payment_method)


def refusal_of(box: Box, invoice: Obj, card: Card, *, on_session: bool) -> Decline | None:
    """Return why a charge is declined: the card does it, or a test has asked for it."""
    subscription = subscription_of(box, invoice)
    if not on_session and box.store.private(subscription["id"]).get("is_to_fail"):
        box.store.keep(subscription["id"], is_to_fail=False)
        return GENERIC
    return card.decline


def succeed(box: Box, intent: Obj, taken: Obj, payment_method: Obj) -> Result:
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": taken["id"],
        "next_action": None,
        "status": "succeeded",
    }
    box.store.save(intent)
    emit(box, "charge.succeeded", taken)
    attach_to(box, payment_method, intent["customer"])
    emit(box, "payment_intent.succeeded", intent)
    emit_created(box, intent)
    return Result(Outcome.PAID)


def decline(box: Box, intent: Obj, taken: Obj, reason: Decline) -> Result:
    charges.mark_failed(taken, reason)
    box.store.save(taken)
    intent["latest_charge"] = taken["id"]
    require_payment_method(box, intent, reason, taken["id"])
    emit_created(box, intent)
    emit(box, "charge.failed", taken)
    emit(box, "payment_intent.payment_failed", intent)
    return Result(Outcome.DECLINED, reason.decline_code or reason.code, reason.message)


def require_payment_method(box: Box, intent: Obj, reason: Decline, charge_id: str | None) -> None:
    """Make an intent wait for another payment method."""
    intent |= {
        "last_payment_error": decline_error(box, reason, intent, charge_id),
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    box.store.save(intent)


def require_action(box: Box, intent: Obj, *, page: str, back: str) -> Result:
    """Make an intent wait for the 3-D Secure challenge at ``page``, which leads to ``back``."""
    intent |= {
        "last_payment_error": None,
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": page}},
        "status": "requires_action",
    }
    box.store.save(intent)
    emit_created(box, intent)
    emit(box, "payment_intent.requires_action", intent)
    return Result(Outcome.CHALLENGE)


def emit_created(box: Box, intent: Obj) -> None:
    """Emit the intent's creation, which Stripe sends after the first charge."""
    if created_event := box.store.private(intent["id"]).get("created_event"):
        emit(box, "payment_intent.created", created_event)
        box.store.keep(intent["id"], created_event=None)


@timer("invoice.retry")
def retry(box: Box, invoice_id: str) -> None:
    invoice = box.store.get(invoice_id)
    if invoice["status"] == "open":
        collect(box, invoice)
