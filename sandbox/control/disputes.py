"""Control of disputes and early fraud warnings."""

from sandbox.control.paid import on_charge
from sandbox.control.surface import Refused, control
from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.reversals import dispute_lifecycle, early_fraud_warnings, partial_disputes
from sandbox.reversals.dispute_object import CLOSED, FIRST_STATUS, REASONS, STATUSES


@on_charge("dispute")
def dispute(box: Box, given: Obj, charge: Obj) -> Obj:
    """
    Dispute what was paid, now: ``{"reason": "fraudulent", "case_type": "chargeback", "amount": 1000}``.

    Without an amount, all that is left of it. A larger amount than that is refused unless ``beyond`` is true.
    """
    reason, case_type = given.get("reason", "fraudulent"), case_type_of(given)
    if reason not in REASONS:
        raise Refused(f"reason is one of {', '.join(REASONS)}.")
    amount = given.get("amount")
    if amount is not None:
        check_amount(box, charge, amount, beyond=bool(given.get("beyond", False)))
    with box.store.transaction():
        return dispute_lifecycle.create(box, charge, reason=reason, case_type=case_type, amount=amount)


def case_type_of(given: Obj) -> str:
    case_type = given.get("case_type", "inquiry" if given.get("inquiry", False) else "chargeback")
    if case_type not in FIRST_STATUS:
        raise Refused(f"case_type is one of {', '.join(FIRST_STATUS)}.")
    return str(case_type)


def check_amount(box: Box, charge: Obj, amount: object, *, beyond: bool) -> None:
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
        raise Refused("amount is a positive integer, in the currency's minor unit.")
    left = dispute_lifecycle.left_of(box, charge)
    if amount > left and not beyond:
        shown = money.formatted(left, charge["currency"])
        raise Refused(f"Only {shown} of this charge is neither refunded nor disputed.", 409)


@on_charge("warn")
def warn(box: Box, given: Obj, charge: Obj) -> Obj:
    """Create an early fraud warning about what was paid, now."""
    with box.store.transaction():
        return early_fraud_warnings.create_warning(box, charge)


@control("GET", "disputes")
def show_rules(box: Box, given: Obj) -> Obj:
    return {"rest_is_refundable": partial_disputes.rest_is_refundable(box)}


@control("POST", "disputes")
def set_rules(box: Box, given: Obj) -> Obj:
    """Say whether the rest of a charge can be refunded while a part is charged back."""
    wanted = given.get("rest_is_refundable")
    if not isinstance(wanted, bool):
        raise Refused("rest_is_refundable is true or false.")
    with box.store.transaction():
        partial_disputes.set_rest_is_refundable(box, wanted)
    return show_rules(box, given)


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
    return changed(box, found, status, given)


@control("POST", "disputes/{dispute_id}/move")
def move(box: Box, given: Obj, dispute_id: str) -> Obj:
    """Set any status: ``{"status": "appeal_needs_response"}``; ``withdrawn`` says where the money is then."""
    found, status = find(box, dispute_id), given.get("status")
    if status not in STATUSES:
        raise Refused(f"status is one of {', '.join(STATUSES)}.")
    if status == found["status"]:
        raise Refused(f"This dispute is {status} already.", 409)
    return changed(box, found, status, given)


def changed(box: Box, found: Obj, status: str, given: Obj) -> Obj:
    withdrawn = given.get("withdrawn")
    if withdrawn not in (None, True, False):
        raise Refused("withdrawn is true or false.")
    if withdrawn and len(found["balance_transactions"]) > 1:
        raise Refused("This dispute has returned its money; a dispute takes it once.", 409)
    with box.store.transaction():
        dispute_lifecycle.set_status(box, found, status, withdrawn=withdrawn)
    return found


def find(box: Box, dispute_id: str) -> Obj:
    found = box.store.find(dispute_id, "dispute")
    if found is None:
        raise Refused("No such dispute.", 404)
    return found
