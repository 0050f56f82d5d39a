"""
Mode ``payment``: what a click on "Pay" does to the session, its payment intent and the charges.

First the objects change, then their events are emitted, all in the caller's transaction. The events come in
the order observed at Stripe, which isn't the order in which things happen.
"""

from sandbox.checkout import bank_debits, card_payments, modes, vouchers
from sandbox.checkout.attempts import begin, complete, resume
from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_intents import cancel
from sandbox.webhooks.events import emit


def check(box: Box, params: Obj, items: list[Obj]) -> None:
    if not items:
        raise StripeError(
            "You must provide `line_items` in `payment` mode.", code="parameter_missing", param="line_items"
        )
    for position, item in enumerate(items):
        if item["price"]["type"] == "recurring":
            raise StripeError(
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` "
                "mode or use only one-time prices.",
                param=f"line_items[{position}][price]",
            )
    if "subscription_data" in params:
        raise StripeError(
            "You can not pass `subscription_data` in `payment` mode.", param="subscription_data"
        )
    wanted = params.get("currency")
    if wanted is not None and wanted.lower() != items[0]["currency"]:
        raise StripeError("The currency must be that of the line items' prices.", param="currency")


def confirm(box: Box, session: Obj, payer: Payer, method: Method) -> Result:
    """Attempt to pay an open session."""
    if session["amount_total"] == 0:
        complete(box, session, payer, payment_status="no_payment_required")
        emit(box, "checkout.session.completed", session)
        return Result(Outcome.PAID)
    if method.card and session["amount_total"] > method.card.largest(session["currency"]):
        most = method.card.largest(session["currency"])
        return Result(Outcome.DECLINED, "amount_too_large", money.too_large(most, session["currency"]))
    attempt = begin(box, session, payer, method)
    if method.voucher:
        return vouchers.pay(attempt)
    return bank_debits.pay(attempt) if method.account else card_payments.pay(attempt)


def after_challenge(box: Box, session: Obj, passed: bool) -> Result:
    """Charge the card after 3-D Secure, or record that it failed."""
    attempt = resume(box, session)
    return card_payments.charge(attempt) if passed else card_payments.fail_challenge(attempt)


def is_challenged(box: Box, session: Obj) -> bool:
    intent = box.store.find(session["payment_intent"] or "")
    action = intent["next_action"] if intent else None
    return action is not None and action["type"] == "redirect_to_url"


def after_expiry(box: Box, session: Obj) -> None:
    """Cancel the payment intent of an expired session."""
    if session["payment_intent"]:
        cancel(box, box.store.get(session["payment_intent"]), reason="automatic")


modes.MODES["payment"] = modes.Mode(
    check=check,
    confirm=confirm,
    after_challenge=after_challenge,
    is_challenged=is_challenged,
    after_expiry=after_expiry,
)
