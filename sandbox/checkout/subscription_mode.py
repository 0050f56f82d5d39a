"""
Mode ``subscription``: what a click on "Subscribe" does.

The first click creates the customer, the subscription and its first invoice. If the card is declined, they
stay incomplete and the next attempt uses them again. Only cards are supported.
"""

from dataclasses import dataclass

from sandbox.billing import invoice_collection, invoice_lifecycle, subscription_status
from sandbox.billing.invoice_collection import charge
from sandbox.billing.invoice_object import new_invoice, regular_lines
from sandbox.billing.subscription_object import change, new_subscription
from sandbox.checkout import modes, session_totals
from sandbox.checkout.attempts import complete
from sandbox.checkout.session_object import needs_payment_method
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments import saved_cards
from sandbox.payments.cards import NOT_AUTHENTICATED, Decline
from sandbox.payments.customers import new_customer
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_methods import new_payment_method
from sandbox.payments.saved_cards import attach_to
from sandbox.webhooks.events import emit

MOST = 20  # recurring line items


def check(box: Box, params: Obj, items: list[Obj]) -> None:
    if not items:
        raise StripeError(
            "You must provide `line_items` in `subscription` mode.",
            code="parameter_missing",
            param="line_items",
        )
    for name in ("payment_intent_data", "customer_creation"):
        if name in params:
            raise StripeError(f"You can not pass `{name}` in `subscription` mode.", param=name)
    check_items(items)
    check_trial(box, params.get("subscription_data", {}))


def check_items(items: list[Obj]) -> None:
    if len(items) > MOST:
        raise StripeError(f"You can subscribe to at most {MOST} recurring prices.", param="line_items")
    recurring = [item["price"]["recurring"] for item in items]
    if not any(recurring):
        raise StripeError(
            "You must provide at least one recurring price in `subscription` mode when using prices.",
            param="line_items",
        )
    if not all(recurring):
        raise StripeError(
            "The sandbox does not support one-time prices in `subscription` mode. Stripe does.",
            param="line_items",
        )
    if any(each != recurring[0] for each in recurring):
        raise StripeError("All recurring prices must have the same interval.", param="line_items")


def check_trial(box: Box, data: Obj) -> None:
    if "trial_end" not in data:
        return
    if "trial_period_days" in data:
        raise StripeError(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            code="parameters_exclusive",
            param="subscription_data[trial_end]",
        )
    if data["trial_end"] < box.clock.now() + 48 * 3_600:
        raise StripeError(
            "The `trial_end` date has to be at least 2 days in the future.",
            param="subscription_data[trial_end]",
        )


@dataclass
class NewSubscription:
    """A subscription about to start; ``draft`` and ``opened`` are states of its invoice, not emitted yet."""

    subscription: Obj
    invoice: Obj
    draft: Obj | None = None
    opened: Obj | None = None

    def emit_invoice(self, box: Box) -> None:
        if self.draft and self.opened:
            emit(box, "invoice.created", self.draft)
            emit(box, "invoice.finalized", self.opened)
            self.draft = self.opened = None


def confirm(box: Box, session: Obj, payer: Payer, method: Method) -> Result:
    """Attempt to start the subscription of an open session."""
    asks = method.card is not None and needs_payment_method(session)
    payment_method = new_payment_method(box, method, payer) if asks else None
    box.store.keep(session["id"], payment_method=payment_method and payment_method["id"], payer=vars(payer))
    if session["amount_total"] == 0:
        return begin_without_payment(box, session, payer, payment_method)
    assert payment_method is not None
    assert method.card is not None
    start = begin(box, session, payer)
    if method.card.challenge:
        return require_action(box, session, start)
    return pay_first_invoice(box, session, start, payer, payment_method)


def begin(box: Box, session: Obj, payer: Payer) -> NewSubscription:
    """Return the incomplete subscription of an earlier attempt, or create one with its invoice."""
    kept = box.store.find(box.store.private(session["id"]).get("subscription") or "")
    if kept is not None and kept["status"] == "incomplete":
        return NewSubscription(kept, box.store.get(kept["latest_invoice"]))
    private = box.store.private(session["id"])
    customer = customer_of(box, session, payer)
    party = session | {"customer": customer["id"]}
    subscription = new_subscription(
        box,
        party,
        private["items"],
        private["subscription_data"],
        discount=session_totals.discount_of(box, session),
        tax=private["tax"],
    )
    emit(box, "customer.subscription.created", subscription)
    lines = regular_lines(box, subscription, free=subscription["status"] == "trialing")
    invoice = box.store.add(new_invoice(box, subscription, lines, reason="subscription_create"))
    draft = dict(invoice)
    invoice_lifecycle.finalize(box, invoice)
    subscription["latest_invoice"] = invoice["id"]
    box.store.save(subscription)
    subscription_status.set_timers(box, subscription)
    box.store.keep(session["id"], subscription=subscription["id"])
    return NewSubscription(subscription, invoice, draft, dict(invoice))


def customer_of(box: Box, session: Obj, payer: Payer) -> Obj:
    if session["customer"]:
        return box.store.get(session["customer"])
    customer = new_customer(box, {"email": payer.email, "name": payer.name})
    emit(box, "customer.created", customer)
    return customer


def pay_first_invoice(
    box: Box, session: Obj, start: NewSubscription, payer: Payer, payment_method: Obj, *, passed: bool = False
) -> Result:
    """Charge the card for the first invoice, unless the customer's credit covers it."""
    if start.invoice["amount_due"] == 0:
        attach_to(box, payment_method, start.subscription["customer"])
        return finish(box, session, start, payer, payment_method)
    result = charge(box, start.invoice, payment_method, on_session=True, is_first=True, passed=passed)
    if result.outcome is Outcome.PAID:
        return finish(box, session, start, payer, payment_method)
    start.emit_invoice(box)
    invoice_lifecycle.record_failure(box, start.invoice, result, automatic=False)
    return result


def begin_without_payment(
    box: Box, session: Obj, payer: Payer, payment_method: Obj | None, *, passed: bool = False
) -> Result:
    """Start a trial or a free subscription. The card is only saved; if that fails, nothing starts."""
    card = saved_cards.method_of(box, payment_method).card if payment_method else None
    if card and card.refusal:
        return declined(card.refusal)
    if card and card.challenge and not passed:
        box.store.keep(session["id"], is_challenged=True)
        return Result(Outcome.CHALLENGE)
    start = begin(box, session, payer)
    if payment_method:
        attach_to(box, payment_method, start.subscription["customer"])
    return finish(box, session, start, payer, payment_method)


def declined(reason: Decline) -> Result:
    return Result(Outcome.DECLINED, reason.decline_code or reason.code, reason.message)


def finish(
    box: Box, session: Obj, start: NewSubscription, payer: Payer, payment_method: Obj | None
) -> Result:
    """Complete the session, with the invoice paid and the subscription active or in its trial."""
    subscription, invoice = start.subscription, start.invoice
    status = "trialing" if subscription["status"] == "trialing" else "active"
    default = payment_method and payment_method["id"]
    change(box, subscription, default_payment_method=default, status=status)
    subscription_status.set_timers(box, subscription)
    start.emit_invoice(box)
    invoice_lifecycle.settle(box, invoice)
    session |= {
        "customer": subscription["customer"],
        "invoice": invoice["id"],
        "subscription": subscription["id"],
    }
    paid = "paid" if invoice["amount_due"] else "no_payment_required"
    complete(box, session, payer, payment_status=paid)
    box.store.keep(session["id"], is_challenged=False)
    emit(box, "checkout.session.completed", session)
    return Result(Outcome.PAID)


def require_action(box: Box, session: Obj, start: NewSubscription) -> Result:
    """Make the session wait for the 3-D Secure challenge."""
    box.store.keep(session["id"], is_challenged=True)
    start.emit_invoice(box)
    if intent := invoice_lifecycle.intent_of(box, start.invoice):
        page = f"{box.settings.base_url}/c/pay/{session['id']}/challenge"
        intent["payment_method"] = box.store.private(session["id"])["payment_method"]
        invoice_collection.require_action(box, intent, page=page, back=session["success_url"])
        emit(box, "invoice.payment_action_required", start.invoice)
    return Result(Outcome.CHALLENGE)


def after_challenge(box: Box, session: Obj, passed: bool) -> Result:
    """Start the subscription after 3-D Secure, or record that it failed."""
    kept = box.store.private(session["id"])
    box.store.keep(session["id"], is_challenged=False)
    payment_method, payer = box.store.get(kept["payment_method"]), Payer(**kept["payer"])
    if session["amount_total"] == 0 and passed:
        return begin_without_payment(box, session, payer, payment_method, passed=True)
    if session["amount_total"] == 0:
        return declined(NOT_AUTHENTICATED)
    start = begin(box, session, payer)
    if passed:
        return pay_first_invoice(box, session, start, payer, payment_method, passed=True)
    return fail_challenge(box, start.invoice)


def fail_challenge(box: Box, invoice: Obj) -> Result:
    """Record a failed challenge. The session and the invoice stay open."""
    if intent := invoice_lifecycle.intent_of(box, invoice):
        invoice_collection.require_payment_method(box, intent, NOT_AUTHENTICATED, None)
        emit(box, "payment_intent.payment_failed", intent)
    result = declined(NOT_AUTHENTICATED)
    invoice_lifecycle.record_failure(box, invoice, result, automatic=False)
    return result


def is_challenged(box: Box, session: Obj) -> bool:
    return bool(box.store.private(session["id"]).get("is_challenged"))


def after_expiry(box: Box, session: Obj) -> None:
    """Expire the incomplete subscription of an expired session."""
    kept = box.store.find(box.store.private(session["id"]).get("subscription") or "")
    if kept is not None and kept["status"] == "incomplete":
        subscription_status.expire(box, kept)


modes.MODES["subscription"] = modes.Mode(
    check=check,
    confirm=confirm,
    after_challenge=after_challenge,
    is_challenged=is_challenged,
    after_expiry=after_expiry,
)
