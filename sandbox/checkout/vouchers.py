"""
Paying by voucher or bank transfer: the session is complete, and the customer still has to act.

Nothing is charged until the money arrives. A voucher that nobody pays in time expires; a transfer can wait
for ever, and can arrive in parts.
"""

from sandbox.checkout import payment_invoices
from sandbox.checkout.attempts import Attempt
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import timer
from sandbox.core.store import Obj
from sandbox.payments import charges, voucher_details
from sandbox.payments.balance_transactions import new_balance_transaction
from sandbox.payments.cards import Decline
from sandbox.payments.method_types import METHOD_TYPES, TRANSFER
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_intents import decline_error
from sandbox.webhooks.events import emit

DAY = 24 * 3_600
INSTRUCTIONS = "display_bank_transfer_instructions"
EXPIRED = Decline(
    "payment_intent_payment_attempt_expired",
    None,
    "The latest payment attempt for the PaymentIntent has expired.",
)


def pay(attempt: Attempt) -> Result:
    """Give the customer a voucher or the bank's details. The session completes unpaid."""
    box, session, intent, voucher = attempt.box, attempt.session, attempt.intent, attempt.method.voucher
    assert voucher is not None
    expires_at = box.clock.now() + voucher.days * DAY
    page = f"{box.settings.base_url}/vouchers/{intent['id']}"
    intent |= {
        "last_payment_error": None,
        "next_action": voucher_details.next_action_of(voucher, intent, page=page, expires_at=expires_at),
        "status": "requires_action",
    }
    attempt.finish(None, payment_status="unpaid", needs_customer=voucher.kind == TRANSFER)
    attempt.emit_created()
    emit(box, "payment_intent.requires_action", intent)
    emit(box, "checkout.session.completed", session)
    if voucher.days:
        timers.schedule(box, "voucher.expire", session["id"], at=expires_at)
    return Result(Outcome.AWAITING_CUSTOMER)


def is_open(session: Obj, intent: Obj | None) -> bool:
    """Return whether a complete session still waits for the customer's money."""
    return (
        session["status"] == "complete"
        and intent is not None
        and intent["status"] == "requires_action"
        and bool(voucher_details.details_of(intent))
    )


def takes_parts(intent: Obj) -> bool:
    return bool(intent["next_action"]["type"] == INSTRUCTIONS)


def remaining(intent: Obj) -> int:
    """Return what hasn't arrived yet."""
    return int(voucher_details.details_of(intent).get("amount_remaining") or intent["amount"])


def fund(box: Box, session: Obj, amount: int) -> None:
    """Book money that arrived for an open transfer, at most what remains; with all of it, settle."""
    intent = box.store.get(session["payment_intent"])
    left = remaining(intent) - amount
    if left == 0:
        settle(box, session)
        return
    intent["next_action"][INSTRUCTIONS]["amount_remaining"] = left
    box.store.save(intent)
    emit(box, "payment_intent.partially_funded", intent)


def settle(box: Box, session: Obj) -> None:
    """Charge an open voucher or transfer: its money has arrived."""
    intent = box.store.get(session["payment_intent"])
    timers.unschedule(box, "voucher.expire", session["id"])
    kept = box.store.private(intent["id"])
    method, payer = Method(voucher=METHOD_TYPES[kept["voucher"]]), Payer(**kept["payer"])
    charge = charges.new_charge(box, intent, method, payer, status="succeeded")
    charge["balance_transaction"] = new_balance_transaction(box, charge)["id"]
    intent |= {
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "next_action": None,
        "status": "succeeded",
    }
    session["payment_status"] = "paid"
    for changed in (charge, intent, session):
        box.store.save(changed)
    invoice = payment_invoices.make(box, session, intent)
    emit(box, "charge.succeeded", charge)
    emit(box, "payment_intent.succeeded", intent)
    payment_invoices.announce(box, invoice)
    emit(box, "checkout.session.async_payment_succeeded", session)


def fail(box: Box, session: Obj) -> None:
    """End an open voucher or transfer whose money never came."""
    intent = box.store.get(session["payment_intent"])
    timers.unschedule(box, "voucher.expire", session["id"])
    intent |= {
        "last_payment_error": decline_error(box, EXPIRED, intent, None),
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    box.store.save(intent)
    emit(box, "payment_intent.payment_failed", intent)
    emit(box, "checkout.session.async_payment_failed", session)


@timer("voucher.expire")
def expire(box: Box, session_id: str) -> None:
    session = box.store.get(session_id)
    if is_open(session, box.store.find(session["payment_intent"] or "")):
        fail(box, session)
