"""
The states of a dispute, and its money.

A dispute takes its amount and a fee from the balance at once. An inquiry takes nothing unless it is
escalated. A dispute that is won returns the amount, but not the fee.
"""

from copy import deepcopy
from typing import Any

from sandbox.core import money, timers
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments.balance_transactions import available_with_charge, record
from sandbox.reversals import refund_lifecycle
from sandbox.reversals.dispute_object import CHARGED_BACK, due_by, is_refundable, new_dispute
from sandbox.webhooks.events import emit

FEE = 15  # units of the charge's currency


def create(box: Box, charge: Obj, *, reason: str, inquiry: bool, part: int = 1) -> Obj:
    """Dispute what is left of a charge, divided by ``part``, and emit the events."""
    if not inquiry:
        refund_lifecycle.fail_waiting(box, charge["id"])
        charge = box.store.get(charge["id"])
    amount = max(left_of(box, charge) // part, 1)
    dispute = new_dispute(box, charge, reason=reason, inquiry=inquiry, amount=amount)
    box.store.add(dispute)
    if not inquiry:
        withdraw(box, dispute)
        box.store.save(dispute)
    charge["disputed"] = True
    box.store.save(charge)
    emit(box, "charge.dispute.created", dispute)
    if not inquiry:
        emit(box, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def of_charge(box: Box, charge_id: str) -> list[Obj]:
    """Return the disputes of a charge, oldest first."""
    rows = box.store.rows(
        "SELECT id FROM object WHERE json_extract(body, '$.charge') = ? AND kind = 'dispute' ORDER BY seq",
        (charge_id,),
    )
    return [box.store.get(row["id"]) for row in rows]


def left_of(box: Box, charge: Obj) -> int:
    """Return what can be disputed: what isn't refunded or disputed yet, or all of it if nothing is left."""
    gone = sum(dispute["amount"] for dispute in of_charge(box, charge["id"]) if is_withdrawn(dispute))
    return int(charge["amount"] - charge["amount_refunded"] - gone) or int(charge["amount"])


def is_withdrawn(dispute: Obj) -> bool:
    """Return whether the dispute has taken its money and not returned it."""
    return len(dispute["balance_transactions"]) == 1


def withdraw(box: Box, dispute: Obj) -> None:
    fee = FEE * 10 ** money.decimals(dispute["currency"])
    book(box, dispute, category="dispute", amount=-dispute["amount"], fee=fee, what="withdrawal")


def reinstate(box: Box, dispute: Obj) -> None:
    book(box, dispute, category="dispute_reversal", amount=dispute["amount"], what="reversal")


def book(box: Box, dispute: Obj, *, category: str, amount: int, what: str, fee: int = 0) -> None:
    written = record(
        box,
        dispute,
        kind="adjustment",
        category=category,
        amount=amount,
        fee=fee,
        fee_description="Dispute fee",
        description=f"Chargeback {what} for {dispute['charge']}",
        available_on=available_with_charge(box, box.store.get(dispute["charge"])),
    )
    dispute["balance_transactions"].append(written)


def set_status(box: Box, dispute: Obj, status: str, *, before: Obj | None = None) -> None:
    """
    Set a dispute's status and emit the update.

    An inquiry that becomes a dispute takes the money and gets a new deadline. Otherwise no money moves.
    ``before`` is the dispute before the caller's own changes, if there are any.
    """
    before = before or deepcopy(dispute)
    escalates = status in CHARGED_BACK and not dispute["balance_transactions"]
    dispute["status"] = status
    if escalates:
        escalate(box, dispute)
    save(box, dispute)
    emit_updated(box, dispute, before)
    if escalates:
        emit(box, "charge.dispute.funds_withdrawn", dispute)


def escalate(box: Box, dispute: Obj) -> None:
    refund_lifecycle.fail_waiting(box, dispute["charge"])
    withdraw(box, dispute)
    dispute["evidence_details"]["due_by"] = due_by(box)
    if "payment_method_details" in dispute:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"


def close(box: Box, dispute: Obj, status: str) -> None:
    """Close a dispute. If it is won, its money comes back."""
    timers.unschedule(box, "dispute.decide", dispute["id"])
    dispute["status"] = status
    returns = status == "won" and is_withdrawn(dispute)
    if returns:
        reinstate(box, dispute)
    save(box, dispute)
    emit(box, "charge.dispute.closed", dispute)
    if returns:
        emit(box, "charge.dispute.funds_reinstated", dispute)


def save(box: Box, dispute: Obj) -> None:
    dispute["is_charge_refundable"] = is_refundable(dispute)
    box.store.save(dispute)


def emit_updated(box: Box, dispute: Obj, before: Obj) -> None:
    """Emit the update of a dispute; ``before`` is the dispute as it was."""
    previous: dict[str, Any] = {name: value for name, value in before.items() if value != dispute.get(name)}
    emit(box, "charge.dispute.updated", dispute, previous=previous)
