"""Control of disputes and early fraud warnings."""

from sandbox.billing import invoice_lifecycle
from sandbox.control import sessions
from sandbox.control.surface import Refused, control
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.reversals import dispute_lifecycle, early_fraud_warnings
from sandbox.reversals.dispute_object import CLOSED, REASONS, STATUSES


def charge_of(box: Box, session_id: str) -> Obj:
    """Return the charge that paid a session."""
    session = sessions.find(box, session_id)
    if session["invoice"]:
        intent = invoice_lifecycle.intent_of(box, box.store.get(session["invoice"]))
    else:
        intent = box.store.find(session["payment_intent"] or "")
    charge = box.store.find(intent["latest_charge"] or "") if intent else None
    if charge is None or charge["status"] != "succeeded" or not charge["captured"]:
        raise Refused("This session is not paid.", 409)
    return charge


@control("POST", "sessions/{session_id}/dispute")
def dispute(box: Box, given: Obj, session_id: str) -> Obj:
    """Dispute a paid session now: ``{"reason": "fraudulent", "inquiry": false}``."""
    charge, reason = charge_of(box, session_id), given.get("reason", "fraudulent")
    if reason not in REASONS:
        raise Refused(f"reason is one of {', '.join(REASONS)}.")
    with box.store.transaction():
        return dispute_lifecycle.create(box, charge, reason=reason, inquiry=bool(given.get("inquiry", False)))


@control("POST", "sessions/{session_id}/warn")
def warn(box: Box, given: Obj, session_id: str) -> Obj:
    """Create an early fraud warning about a paid session now."""
    charge = charge_of(box, session_id)
    with box.store.transaction():
        return early_fraud_warnings.create_warning(box, charge)


@control("POST", "disputes/{dispute_id}/close")
def close(box: Box, given: Obj, dispute_id: str) -> Obj:
    """Close a dispute now: ``{"status": "won"}``, ``lost``, ``warning_closed`` or ``prevented``."""
    found, status = find(box, dispute_id), given.get("status", "lost")
    if status not in CLOSED:
        raise Refused(f"status is one of {', '.join(CLOSED)}.")
    if found["status"] in CLOSED:
        raise Refused(f"This dispute is {found['status']} already.", 409)
    if status != "prevented" and (status == "warning_closed") != found["status"].startswith("warning_"):
        raise Refused("An inquiry ends as warning_closed, and nothing else does.", 409)
    with box.store.transaction():
        dispute_lifecycle.close(box, found, status)
    return found


@control("POST", "disputes/{dispute_id}/move")
def move(box: Box, given: Obj, dispute_id: str) -> Obj:
    """Set a dispute's status: ``{"status": "appeal_needs_response"}``."""
    found, status = find(box, dispute_id), given.get("status")
    if status not in STATUSES:
        raise Refused(f"status is one of {', '.join(STATUSES)}.")
    if status == found["status"]:
        raise Refused(f"This dispute is {status} already.", 409)
    with box.store.transaction():
        dispute_lifecycle.set_status(box, found, status)
    return found


def find(box: Box, dispute_id: str) -> Obj:
    found = box.store.find(dispute_id, "dispute")
    if found is None:
        raise Refused("No such dispute.", 404)
    return found
