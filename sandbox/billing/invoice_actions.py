"""What a customer does on an invoice's page."""

from sandbox.billing import invoice_collection, invoice_lifecycle
from sandbox.billing.subscription_object import ENDED, change
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments.cards import NOT_AUTHENTICATED
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_methods import new_payment_method
from sandbox.webhooks.events import emit

NOT_OPEN = Result(Outcome.NOT_OPEN)


def pay_with_saved(box: Box, invoice_id: str) -> Result:
    """Pay with the subscription's saved card."""
    with box.store.transaction():
        invoice = box.store.get(invoice_id)
        if invoice["status"] != "open":
            return NOT_OPEN
        method = invoice_collection.default_payment_method(
            box, invoice_lifecycle.subscription_of(box, invoice)
        )
        return record_result(box, invoice, invoice_collection.pay_now(box, invoice, method, on_session=True))


def pay_with_card(box: Box, invoice_id: str, method: Method, payer: Payer) -> Result:
    """Pay with another card, which the subscription uses from then on."""
    with box.store.transaction():
        invoice = box.store.get(invoice_id)
        if invoice["status"] != "open":
            return NOT_OPEN
        payment_method = new_payment_method(box, method, payer)
        box.store.keep(invoice_id, new_card=payment_method["id"])
        return record_result(
            box, invoice, invoice_collection.pay_now(box, invoice, payment_method, on_session=True)
        )


def challenged_method(box: Box, invoice: Obj) -> Obj | None:
    """Return the payment method whose 3-D Secure challenge is open, if any."""
    intent = invoice_lifecycle.intent_of(box, invoice)
    if invoice["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return None
    return box.store.get(intent["payment_method"])


def finish_challenge(box: Box, invoice_id: str, *, passed: bool) -> Result:
    with box.store.transaction():
        invoice = box.store.get(invoice_id)
        payment_method = challenged_method(box, invoice)
        if payment_method is None:
            return NOT_OPEN
        if passed:
            result = invoice_collection.pay_now(box, invoice, payment_method, on_session=True, passed=True)
        else:
            result = fail_challenge(box, invoice)
        return record_result(box, invoice, result)


def fail_challenge(box: Box, invoice: Obj) -> Result:
    intent = invoice_lifecycle.intent_of(box, invoice)
    assert intent is not None
    invoice_collection.require_payment_method(box, intent, NOT_AUTHENTICATED, None)
    emit(box, "payment_intent.payment_failed", intent)
    result = Result(Outcome.DECLINED, NOT_AUTHENTICATED.code, NOT_AUTHENTICATED.message)
    invoice_lifecycle.record_failure(box, invoice, result, automatic=False)
    return result


def record_result(box: Box, invoice: Obj, result: Result) -> Result:
    """Make a new card that has paid the default, and keep a decline's message for the page."""
    card = box.store.private(invoice["id"]).get("new_card")
    subscription = invoice_lifecycle.subscription_of(box, invoice)
    if result.outcome is Outcome.PAID and card and subscription["status"] not in ENDED:
        change(box, subscription, default_payment_method=card)
    message = result.message if result.outcome is Outcome.DECLINED else None
    box.store.keep(invoice["id"], message=message)
    return result
