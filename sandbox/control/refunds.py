"""Control of refunds, and of whether the balance covers them."""

from sandbox.control.surface import Refused, control
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.reversals import insufficient_balance, refund_lifecycle

DEFAULT_REASONS = {"failed": "unknown", "canceled": "merchant_request"}


@control("POST", "refunds/{refund_id}/settle")
def settle(box: Box, given: Obj, refund_id: str) -> Obj:
    """Set a refund's status now: ``{"status": "failed", "failure_reason": "declined"}``."""
    refund = box.store.find(refund_id, "refund")
    if refund is None:
        raise Refused("No such refund.", 404)
    status = given.get("status", "succeeded")
    if status not in refund_lifecycle.STATUSES:
        raise Refused(f"status is one of {', '.join(refund_lifecycle.STATUSES)}.")
    if refund["status"] in (status, *refund_lifecycle.ENDED):
        raise Refused(f"This refund is {refund['status']} already.", 409)
    with box.store.transaction():
        refund_lifecycle.set_status(box, refund, status, **reasons(status, given))
    return refund


def reasons(status: str, given: Obj) -> dict[str, str]:
    if status == "pending":
        return {"pending_reason": given.get("pending_reason", "processing")}
    if status in DEFAULT_REASONS:
        return {"failure_reason": given.get("failure_reason", DEFAULT_REASONS[status])}
    return {}


@control("POST", "balance")
def set_balance(box: Box, given: Obj) -> Obj:
    """Make the balance too small for refunds: ``{"short": "pending"}``, ``"refuse"`` or ``false``."""
    short = given.get("short", False)
    if short is not False and short not in insufficient_balance.MODES:
        raise Refused('short is "pending", "refuse" or false.')
    with box.store.transaction():
        insufficient_balance.set_mode(box, short or None)
        if short is False:
            refund_lifecycle.send_waiting(box)
    return {"short": short}
