"""
The states of a refund, and what they change on its charge and the balance.

A refund counts in its charge's ``amount_refunded`` from its creation until it fails or is canceled.
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
ENDED = ("failed", "canceled")  # the customer got no money; final at Stripe
WATCHED = ("status", "pending_reason", "failure_reason", "failure_balance_transaction", "balance_transaction")

EXPIRED_CARD = "expired_or_canceled_card"


def create(box: Box, refund: Obj, charge: Obj, status: str | None = None, **reasons: str) -> Obj:
    """
    Store a new refund and emit its events.

    Its ``status`` is what its card and the balance lead to, unless it is given. A refund that fails or is
    canceled is pending first.
    """
    box.store.add(refund)
    if status in ENDED:
        change(box, refund, "pending", pending_reason="processing")
    elif status is not None:
        change(box, refund, status, **reasons)
    elif insufficient_balance.mode(box) == "pending":
        refund["pending_reason"] = "insufficient_funds"
    else:
        send(box, refund)
    add_to_charge(box, charge, refund["amount"])
    box.store.save(refund)
    emit(box, "refund.created", refund)
    emit(box, "charge.refunded", charge)
    if status in ENDED:
        set_status(box, refund, status, **reasons)
    return refund


def send(box: Box, refund: Obj) -> None:
    """Take the money from the balance. Some cards make the refund wait, or fail later."""
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
    """Send the refunds that wait for the balance, oldest first."""
    for refund in waiting_for_balance(box):
        before = dict(refund)
        send(box, refund)
        box.store.save(refund)
        emit_updated(box, refund, before)


def fail_waiting(box: Box, charge_id: str) -> None:
    """Fail a disputed charge's refunds that wait for the balance: the bank takes the money itself."""
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
    """Set a refund's status now, with its events, and remove its timers."""
    for kind in ("refund.succeed", "refund.fail"):
        timers.unschedule(box, kind, refund["id"])
    before = dict(refund)
    change(box, refund, status, **reasons)
    box.store.save(refund)
    emit_updated(box, refund, before)


def change(box: Box, refund: Obj, status: str, **reasons: str) -> None:
    """Set a refund's status, and update the balance and the charge. The caller stores the refund."""
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
    """Return a failed refund's amount to the balance, if it was taken, and to the charge."""
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
    """Emit the events of a changed refund; ``before`` is the refund as it was."""
    previous: dict[str, Any] = {
        name: before.get(name) for name in (*WATCHED, "metadata") if before.get(name) != refund.get(name)
    }
    emit(box, "refund.updated", refund, previous=previous)
    if refund["status"] == "failed" and before["status"] != "failed":
        emit(box, "refund.failed", refund)
    emit(box, "charge.refund.updated", refund, previous=previous)
