"""
What becomes of a refund, and what the charge and the balance show of it.

A refund counts on its charge from the moment it is made, whatever it waits for, until it fails or is
canceled.
"""

from typing import Any

from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import timer
from sandbox.core.store import Obj
from sandbox.payments.balance_transactions import available_with_charge, is_card, record
from sandbox.reversals import insufficient_balance
from sandbox.reversals.refund_object import next_action
from sandbox.webhooks.events import emit

STATUSES = ("pending", "requires_action", "succeeded", "failed", "canceled")
ENDED = ("failed", "canceled")  # without money for the customer; Stripe has no way back
WATCHED = ("status", "pending_reason", "failure_reason", "failure_balance_transaction", "balance_transaction")

EXPIRED_CARD = "expired_or_canceled_card"


def create(box: Box, refund: Obj, charge: Obj) -> Obj:
    """Store a new refund in the state that its card and the balance put it in, and write its events."""
    box.store.add(refund)
    if insufficient_balance.mode(box) == "pending":
        refund["pending_reason"] = "insufficient_funds"
    else:
        send(box, refund)
    add_to_charge(box, charge, refund["amount"])
    box.store.save(refund)
    emit(box, "refund.created", refund)
    emit(box, "charge.refunded", charge)
    return refund


def send(box: Box, refund: Obj) -> None:
    """Take the money from the balance and send it on its way, which the card may make long or vain."""
    effects = box.store.private(refund["charge"]).get("effects", [])
    if "refund:pending" in effects:
        change(box, refund, "pending", pending_reason="processing")
        schedule(box, refund, "refund.succeed")
    else:
        change(box, refund, "succeeded")
    if "refund:fails" in effects:
        schedule(box, refund, "refund.fail")


def schedule(box: Box, refund: Obj, kind: str) -> None:
    timers.schedule(box, kind, refund["id"], at=box.clock.exact() + box.settings.refund_delay)


@timer("refund.succeed")
def succeed(box: Box, refund_id: str) -> None:
    set_status(box, box.store.get(refund_id), "succeeded")


@timer("refund.fail")
def fail(box: Box, refund_id: str) -> None:
    set_status(box, box.store.get(refund_id), "failed", failure_reason=EXPIRED_CARD)


def send_waiting(box: Box) -> None:
    """Send what waited for the balance, oldest first."""
    for refund in waiting_for_balance(box):
        before = dict(refund)
        send(box, refund)
        box.store.save(refund)
        emit_updated(box, refund, before)


def fail_waiting(box: Box, charge_id: str) -> None:
    """Give up what waits for the balance: the bank takes the money from a disputed charge itself."""
    for refund in waiting_for_balance(box):
        if refund["charge"] == charge_id:
            set_status(box, refund, "failed", failure_reason="charge_for_pending_refund_disputed")


def waiting_for_balance(box: Box) -> list[Obj]:
    rows = box.store.rows(
        "SELECT id FROM object WHERE kind = 'refund' AND json_extract(body, '$.status') = 'pending' "
        "AND json_extract(body, '$.pending_reason') = 'insufficient_funds' ORDER BY seq"
    )
    return [box.store.get(row["id"]) for row in rows]


def set_status(box: Box, refund: Obj, status: str, **reasons: str) -> None:
    """Bring a refund to a state now, with its events; no timer of its own moves it any more."""
    for kind in ("refund.succeed", "refund.fail"):
        timers.unschedule(box, kind, refund["id"])
    before = dict(refund)
    change(box, refund, status, **reasons)
    box.store.save(refund)
    emit_updated(box, refund, before)


def change(box: Box, refund: Obj, status: str, **reasons: str) -> None:
    """Put a refund into a state, with what the balance and the charge have to show for it."""
    for name in ("pending_reason", "next_action", "failure_reason"):
        refund.pop(name, None)
    refund |= {"status": status, **reasons}
    if status == "requires_action":
        refund["next_action"] = next_action(box, refund)
    if status in ENDED:
        reverse(box, refund)
    elif refund["balance_transaction"] is None and reasons.get("pending_reason") != "insufficient_funds":
        refund["balance_transaction"] = book(box, refund, "refund", -refund["amount"])


def reverse(box: Box, refund: Obj) -> None:
    """Give the account back what it paid for the refund, if it paid yet, and the charge its amount."""
    if refund["balance_transaction"] is not None:
        refund["failure_balance_transaction"] = book(box, refund, "refund_failure", refund["amount"])
    add_to_charge(box, box.store.get(refund["charge"]), -refund["amount"])


def book(box: Box, refund: Obj, kind: str, amount: int) -> str:
    charge = box.store.get(refund["charge"])
    by_card = is_card(charge) or kind != "refund"
    written = record(
        box,
        refund,
        kind=kind if by_card else "payment_refund",
        category=kind,
        amount=amount,
        description=f"REFUND FOR {charge['description'] or 'CHARGE'}",
        available_on=available_with_charge(box, charge),
    )
    return str(written["id"])


def add_to_charge(box: Box, charge: Obj, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    box.store.save(charge)


def emit_updated(box: Box, refund: Obj, before: Obj) -> None:
    """Write the events of a change to a refund."""
    previous: dict[str, Any] = {
        name: before.get(name) for name in (*WATCHED, "metadata") if before.get(name) != refund.get(name)
    }
    emit(box, "refund.updated", refund, previous=previous)
    if refund["status"] == "failed" and before["status"] != "failed":
        emit(box, "refund.failed", refund)
    emit(box, "charge.refund.updated", refund, previous=previous)
