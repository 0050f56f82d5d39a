"""Paying by bank debit, which is confirmed now and settles or fails later."""

from sandbox.checkout import payment_invoices
from sandbox.checkout.attempts import Attempt
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import timer
from sandbox.core.store import Obj
from sandbox.payments import charges
from sandbox.payments.balance_transactions import new_balance_transaction
from sandbox.payments.cards import Decline
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payment_intents import decline_error
from sandbox.webhooks.events import emit


def pay(attempt: Attempt) -> Result:
    """Start a debit. The session completes unpaid."""
    box, session, intent, account = attempt.box, attempt.session, attempt.intent, attempt.method.account
    assert account is not None
    pending = charges.new_charge(box, intent, attempt.method, attempt.payer, status="pending")
    intent |= {
        "last_payment_error": None,
        "latest_charge": pending["id"],
        "next_action": None,
        "status": "processing",
    }
    attempt.finish(pending, payment_status="unpaid")
    emit(box, "charge.pending", pending)
    attempt.emit_created()
    emit(box, "payment_intent.processing", intent)
    emit(box, "checkout.session.completed", session)
    box.store.keep(session["id"], decline=vars(account.decline) if account.decline else None)
    if not account.stays_processing:
        delay = box.settings.debit_delay * account.delay_factor
        timers.schedule(box, "debit.settle", session["id"], at=box.clock.exact() + delay)
    return Result(Outcome.PROCESSING)


@timer("debit.settle")
def settle(box: Box, session_id: str) -> None:
    """End a debit as its test account says."""
    reason = box.store.private(session_id)["decline"]
    settle_as(box, box.store.get(session_id), Decline(**reason) if reason else None)


def settle_as(box: Box, session: Obj, reason: Decline | None) -> None:
    """Settle a debit, or fail it for ``reason``. Do nothing if it has ended."""
    intent = box.store.get(session["payment_intent"])
    if intent["status"] != "processing":
        return
    timers.unschedule(box, "debit.settle", session["id"])
    charge = box.store.get(intent["latest_charge"])
    if reason is None:
        succeed(box, session, intent, charge)
    else:
        fail(box, session, intent, charge, reason)


def succeed(box: Box, session: Obj, intent: Obj, charge: Obj) -> None:
    charge |= {
        "amount_captured": charge["amount"],
        "captured": True,
        "paid": True,
        "receipt_url": charges.receipt_url(box, charge["id"]),
        "status": "succeeded",
    }
    charge["balance_transaction"] = new_balance_transaction(box, charge)["id"]
    intent |= {"amount_received": intent["amount"], "status": "succeeded"}
    session["payment_status"] = "paid"
    for changed in (charge, intent, session):
        box.store.save(changed)
    invoice = payment_invoices.make(box, session, intent)
    emit(box, "charge.succeeded", charge)
    emit(box, "payment_intent.succeeded", intent)
    payment_invoices.announce(box, invoice)
    emit(box, "checkout.session.async_payment_succeeded", session)


def fail(box: Box, session: Obj, intent: Obj, charge: Obj, reason: Decline) -> None:
    charges.mark_failed(charge, reason)
    intent |= {
        "last_payment_error": decline_error(box, reason, intent, charge["id"]),
        "payment_method": None,
        "status": "requires_payment_method",
    }
    for changed in (charge, intent):
        box.store.save(changed)
    emit(box, "charge.failed", charge)
    emit(box, "payment_intent.payment_failed", intent)
    emit(box, "checkout.session.async_payment_failed", session)
