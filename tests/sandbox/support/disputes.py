"""Disputes, for the tests of their kinds and their money."""

from typing import Any

from tests.sandbox.support.process import Obj, Sandbox

CREATED, UPDATED, CLOSED = (f"charge.dispute.{word}" for word in ("created", "updated", "closed"))
WITHDRAWN, REINSTATED = "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"
BEGUN = [CREATED, WITHDRAWN]


def dispute(sandbox: Sandbox, session_id: str, **given: Any) -> Obj:
    return sandbox.control(f"sessions/{session_id}/dispute", **given)


def move(sandbox: Sandbox, dispute_id: str, status: str, **given: Any) -> Obj:
    return sandbox.control(f"disputes/{dispute_id}/move", status=status, **given)


def dispute_events(sandbox: Sandbox) -> list[str]:
    """Return the types of the events about disputes, oldest first."""
    return [kind for kind in sandbox.event_types() if kind.startswith("charge.dispute.")]


def booked(sandbox: Sandbox, dispute_id: str) -> list[tuple[str, int, int]]:
    """Return (category, amount, fee) of a dispute's balance transactions."""
    transactions = sandbox.stripe.disputes.retrieve(dispute_id).balance_transactions
    return [(each.reporting_category, each.amount, each.fee) for each in transactions]
