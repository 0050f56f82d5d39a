"""
The states of an invoice: finalised, paid, unpaid, void.

Each function changes the objects and emits their events, in the caller's transaction. The subscription
follows in ``subscription_status``, which listens to the events; ``invoice_collection`` makes the charges.
"""

from sandbox.billing.billing_rules import DAY, rules
from sandbox.billing.invoice_payments import new_invoice_payment, payment_of
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payment_intents import cancel, new_payment_intent
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

DESCRIPTIONS = {"subscription_create": "Subscription creation"}


def subscription_of(box: Box, invoice: Obj) -> Obj:
    return box.store.get(invoice["parent"]["subscription_details"]["subscription"])


def intent_of(box: Box, invoice: Obj) -> Obj | None:
    """Return the payment intent of an invoice; None if nothing is due."""
    payment = payment_of(box, invoice["id"])
    return box.store.get(payment["payment"]["payment_intent"]) if payment else None


def finalize(box: Box, invoice: Obj) -> None:
    """Number a stored draft and open it, with a payment intent if money is due. No event is emitted yet."""
    moment, customer = box.clock.now(), box.store.get(invoice["customer"])
    balance = customer["balance"] + invoice["total"]
    due = max(0, balance)
    invoice |= {
        "amount_due": due,
        "amount_remaining": due,
        "effective_at": moment,
        "ending_balance": min(0, balance),
        "hosted_invoice_url": f"{box.settings.base_url}/i/{invoice['id']}",
        "invoice_pdf": f"{box.settings.base_url}/i/{invoice['id']}",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        "starting_balance": customer["balance"],
        "status": "open",
        "status_transitions": invoice["status_transitions"] | {"finalized_at": moment},
        "webhooks_delivered_at": moment,
        "automatically_finalizes_at": None,
        "due_date": due_date(box, invoice),
    }
    customer["balance"] = invoice["ending_balance"]
    customer["next_invoice_sequence"] += 1
    box.store.save(customer)
    if due:
        begin_payment(box, invoice)
    if due and invoice["due_date"] is not None:
        timers.schedule(box, "invoice.due", invoice["id"], at=invoice["due_date"])
    box.store.save(invoice)


def due_date(box: Box, invoice: Obj) -> int | None:
    """Return when an invoice that is sent has to be paid; None if the card is charged."""
    if invoice["collection_method"] != "send_invoice":
        return None
    return int(box.clock.now() + subscription_of(box, invoice)["days_until_due"] * DAY)


def begin_payment(box: Box, invoice: Obj) -> None:
    data = {"description": DESCRIPTIONS.get(invoice["billing_reason"], "Subscription update")}
    intent = new_payment_intent(
        box,
        data,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        types=["card"],
        invoice=invoice["id"],
    )
    box.store.keep(intent["id"], created_event=intent)
    new_invoice_payment(box, invoice, intent)


def settle(box: Box, invoice: Obj, *, out_of_band: bool = False) -> None:
    """Mark an open invoice as paid; ``out_of_band`` if the money didn't come through Stripe."""
    timers.unschedule(box, "invoice.retry", invoice["id"])
    payment, moment = payment_of(box, invoice["id"]), box.clock.now()
    tries = 0 if out_of_band or not invoice["amount_due"] else 1
    change(
        box,
        invoice,
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempt_count=invoice["attempt_count"] + tries,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
        status_transitions=invoice["status_transitions"] | {"paid_at": moment},
    )
    emit(box, "invoice.paid", invoice)
    if out_of_band:
        cancel_payment(box, invoice)
        return
    emit(box, "invoice.payment_succeeded", invoice)
    if payment:
        payment |= {"amount_paid": invoice["amount_paid"], "status": "paid"}
        payment["status_transitions"]["paid_at"] = moment
        box.store.save(payment)
        emit(box, "invoice_payment.paid", payment)


def record_failure(box: Box, invoice: Obj, result: Result, *, automatic: bool) -> None:
    """Record a payment that failed or needs the customer, and schedule the next retry if there is one."""
    tries = invoice["attempt_count"] + (1 if automatic or not invoice["attempted"] else 0)
    again = next_attempt(box, invoice, tries) if automatic else invoice["next_payment_attempt"]
    change(box, invoice, attempt_count=tries, attempted=True, next_payment_attempt=again)
    if automatic and again:
        timers.schedule(box, "invoice.retry", invoice["id"], at=again)
    if result.outcome is Outcome.CHALLENGE:
        emit(box, "invoice.payment_action_required", invoice)
    emit(box, "invoice.payment_failed", invoice)


def next_attempt(box: Box, invoice: Obj, tries: int) -> int | None:
    """Return when an invoice is retried, if at all. A subscription's first one is left to the customer."""
    pauses = rules(box.store).retries
    if invoice["billing_reason"] == "subscription_create" or not 0 < tries <= len(pauses):
        return None
    return box.clock.now() + pauses[tries - 1]


def void(box: Box, invoice: Obj) -> None:
    """Void an open invoice, so that it can no longer be paid."""
    close(box, invoice, "void", "voided_at")
    emit(box, "invoice.voided", invoice)
    cancel_payment(box, invoice)


def mark_uncollectible(box: Box, invoice: Obj) -> None:
    close(box, invoice, "uncollectible", "marked_uncollectible_at")
    emit(box, "invoice.marked_uncollectible", invoice)


def close(box: Box, invoice: Obj, status: str, member: str) -> None:
    timers.unschedule(box, "invoice.retry", invoice["id"])
    change(
        box,
        invoice,
        auto_advance=False,
        next_payment_attempt=None,
        status=status,
        status_transitions=invoice["status_transitions"] | {member: box.clock.now()},
    )


def cancel_payment(box: Box, invoice: Obj) -> None:
    """Cancel an invoice's payment intent, unless it has succeeded."""
    payment, intent = payment_of(box, invoice["id"]), intent_of(box, invoice)
    if payment is None or intent is None or intent["status"] == "succeeded":
        return
    payment["status"] = "canceled"
    payment["status_transitions"]["canceled_at"] = box.clock.now()
    box.store.save(payment)
    cancel(box, intent, reason="void_invoice")


def stop_collecting(box: Box, invoice: Obj) -> None:
    """Stop finalising and retrying an unfinished invoice automatically."""
    timers.unschedule(box, "invoice.retry", invoice["id"])
    timers.unschedule(box, "invoice.finalize", invoice["id"])
    change(box, invoice, auto_advance=False, automatically_finalizes_at=None, next_payment_attempt=None)


def change_silently(box: Box, invoice: Obj, **members: object) -> None:
    """Change members of an invoice without an event."""
    invoice |= members
    box.store.save(invoice)


def change(box: Box, invoice: Obj, **members: object) -> None:
    """Change members of an invoice, and emit an event if anything is different."""
    before = dict(invoice)
    invoice |= members
    if changed := previous(before, invoice):
        box.store.save(invoice)
        emit(box, "invoice.updated", invoice, previous=changed)
