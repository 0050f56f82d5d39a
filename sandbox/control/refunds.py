"""Control of refunds, and of whether the balance covers them."""

from copy import deepcopy

from sandbox.control.paid import on_charge
from sandbox.control.surface import Refused, as_form, control
from sandbox.core import overrides
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.reversals import insufficient_balance, refund_lifecycle, refunds

DEFAULT_REASONS = {"failed": "unknown", "canceled": "merchant_request"}


@on_charge("refund")
def refund(box: Box, given: Obj, charge: Obj) -> Obj:
    """
    Refund what was paid, as in the Dashboard: ``{"amount": 1000, "status": "pending"}``.

    Without an amount, all that is left of it; without a status, as the card has it.
    """
    amount, status = given.get("amount"), given.get("status")
    if amount is not None and (type(amount) is not int or amount < 1):
        raise Refused("amount is a positive integer, in the currency's minor unit.")
    if status is not None:
        check_status(status)
    wanted = {name: given[name] for name in ("amount", "reason", "metadata") if given.get(name) is not None}
    why = reasons(status, given) if status else {}
    try:
        params = refunds.CREATE.parse(as_form(wanted), "")
        with box.store.transaction():
            return refunds.refund_charge(box, charge, params, status, **why)
    except StripeError as error:
        raise Refused(str(error), 409) from None


def check_status(status: object) -> None:
    if status not in refund_lifecycle.STATUSES:
        raise Refused(f"status is one of {', '.join(refund_lifecycle.STATUSES)}.")


@control("POST", "refunds/{refund_id}/settle")
def settle(box: Box, given: Obj, refund_id: str) -> Obj:
    """Set a refund's status now: ``{"status": "failed", "failure_reason": "declined"}``."""
    refund = box.store.find(refund_id, "refund")
    if refund is None:
        raise Refused("No such refund.", 404)
    status = given.get("status", "succeeded")
    if status is None or given.get("unknown", False):
        return show_as(box, refund, status)
    check_status(status)
    if refund["status"] in (status, *refund_lifecycle.ENDED):
        raise Refused(f"This refund is {refund['status']} already.", 409)
    with box.store.transaction():
        refund_lifecycle.set_status(box, refund, status, **reasons(status, given))
    return refund


def show_as(box: Box, refund: Obj, status: object) -> Obj:
    """Show a status that the sandbox doesn't know, or none, and emit the update."""
    with box.store.transaction():
        before = deepcopy(refund)
        overrides.override(box, refund["id"], {"status": status})
        refund_lifecycle.emit_updated(box, refund | {"status": status}, before)
    return refund | {"status": status}


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
