"""
The states of a dispute, and its money.

A chargeback takes its amount and a fee from the balance at once. An inquiry takes nothing unless it is
escalated. A dispute that is won returns the amount, but not the fee. A charge can have several disputes, each
of a part of it.
"""

from copy import deepcopy
from typing import Any

from sandbox.core import money, timers
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments.balance_transactions import available_with_charge, record
from sandbox.reversals import refund_lifecycle
from sandbox.reversals.dispute_object import (
    CHARGED_BACK,
    CLOSED,
    due_by,
    is_refundable,
    is_withdrawn,
    new_dispute,
    set_case_type,
)
from sandbox.webhooks.events import emit

FEE = 15  # units of the charge's currency


def create(
    box: Box, charge: Obj, *, reason: str, case_type: str = "chargeback", amount: int | None = None
) -> Obj:
    """
    Dispute ``amount`` of a charge, or what is left of it, and emit the events.

    ``case_type`` is Stripe's: an ``inquiry`` and a ``block`` (a dispute prevented before it moved money) take
    nothing; a ``chargeback`` takes its amount and a fee, a ``resolution`` (prevented by a refund) no fee.
    """
    takes = case_type in ("chargeback", "resolution")
    if takes:
        refund_lifecycle.fail_waiting(box, charge["id"])
        charge = box.store.get(charge["id"])
    if amount is None:
        amount = left_of(box, charge) or int(charge["amount"])
    dispute = new_dispute(box, charge, reason=reason, case_type=case_type, amount=amount)
    box.store.add(dispute)
    if takes:
        withdraw(box, dispute)
        box.store.save(dispute)
    charge["disputed"] = True
    box.store.save(charge)
    emit(box, "charge.dispute.created", dispute)
    if takes:
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
    """Return what of a charge is neither refunded nor disputed yet."""
    claimed = sum(
        dispute["amount"]
        for dispute in of_charge(box, charge["id"])
        if is_withdrawn(dispute) or dispute["status"] not in CLOSED
    )
    return max(0, int(charge["amount"] - charge["amount_refunded"] - claimed))


def left_to_refund(box: Box, charge: Obj) -> int:
    """Return what of a charge is neither refunded nor taken by a dispute."""
    taken = sum(dispute["amount"] for dispute in of_charge(box, charge["id"]) if is_withdrawn(dispute))
    return max(0, int(charge["amount"] - charge["amount_refunded"] - taken))


def withdraw(box: Box, dispute: Obj) -> None:
    """Take a dispute's amount, with a fee unless it was prevented from becoming a chargeback."""
    fee = 0 if dispute["status"] == "prevented" else FEE * 10 ** money.decimals(dispute["currency"])
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


def set_status(
    box: Box, dispute: Obj, status: str, *, before: Obj | None = None, withdrawn: bool | None = None
) -> None:
    """
    Set a dispute's status, move its money and emit the events.

    A chargeback takes the money if it never was taken; a dispute that is won, or closed as a warning, returns
    it. ``withdrawn`` says otherwise. A dispute takes its money once and returns it once, as at Stripe.
    ``before`` is the dispute before the caller's own changes, if there are any.
    """
    before = before or deepcopy(dispute)
    takes, returns = movements(dispute, status, withdrawn)
    dispute["status"] = status
    if status in CLOSED:
        timers.unschedule(box, "dispute.decide", dispute["id"])
    if takes:
        refund_lifecycle.fail_waiting(box, dispute["charge"])
        withdraw(box, dispute)
    if returns:
        reinstate(box, dispute)
    classify(box, dispute, takes=takes)
    save(box, dispute)
    emit_changed(box, dispute, before)
    if takes:
        emit(box, "charge.dispute.funds_withdrawn", dispute)
    if returns:
        emit(box, "charge.dispute.funds_reinstated", dispute)


def movements(dispute: Obj, status: str, withdrawn: bool | None) -> tuple[bool, bool]:
    """Return whether a dispute that gets this status takes its money now, and whether it returns it."""
    takes = status in CHARGED_BACK if withdrawn is None else withdrawn
    returns = status in ("won", "warning_closed") if withdrawn is None else not withdrawn
    return takes and not dispute["balance_transactions"], returns and is_withdrawn(dispute)


def classify(box: Box, dispute: Obj, *, takes: bool) -> None:
    """Update what the dispute is, and until when it can be answered: an inquiry may have escalated."""
    if dispute["status"] == "prevented":
        set_case_type(dispute, "resolution" if is_withdrawn(dispute) else "block")
    elif takes:
        set_case_type(dispute, "chargeback")
        dispute["evidence_details"]["due_by"] = due_by(box)


def emit_changed(box: Box, dispute: Obj, before: Obj) -> None:
    """Emit that a dispute has another status. Stripe calls a prevented dispute updated, not closed."""
    if dispute["status"] in CLOSED and dispute["status"] != "prevented":
        emit(box, "charge.dispute.closed", dispute)
    else:
        emit_updated(box, dispute, before)


def save(box: Box, dispute: Obj) -> None:
    dispute["is_charge_refundable"] = is_refundable(dispute)
    box.store.save(dispute)


def emit_updated(box: Box, dispute: Obj, before: Obj) -> None:
    """Emit the update of a dispute; ``before`` is the dispute as it was."""
    previous: dict[str, Any] = {name: value for name, value in before.items() if value != dispute.get(name)}
    emit(box, "charge.dispute.updated", dispute, previous=previous)
