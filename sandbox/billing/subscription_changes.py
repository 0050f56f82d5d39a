"""Changes to a subscription, by the API or in the portal."""

from typing import Any

from sandbox.billing import plan_changes, renewals
from sandbox.billing.subscription_object import change, period_of, trial_settings
from sandbox.billing.subscription_status import set_timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import merged_metadata
from sandbox.core.store import Obj
from sandbox.payments.customers import own_payment_method


def apply(box: Box, subscription: Obj, params: Obj) -> Obj:
    """Apply an update's parameters with one event, then bill what is due; return the subscription."""
    given = {**plain(subscription, params), **settings(box, subscription, params)}
    given |= cancellation(box, subscription, params)
    trial_ends = "trial_end" in params and trial(box, subscription, params, given)
    bill = None
    if "items" in params:
        bill = plan_changes.change_items(box, subscription, params, given)
    if bill is not None and not trial_ends:
        renewals.bill_now(box, subscription, bill, **given)
        return box.store.get(subscription["id"])
    change(box, subscription, **given)
    set_timers(box, subscription)
    if trial_ends:
        renewals.end_trial(box, subscription, at=box.clock.now())
    return box.store.get(subscription["id"])


def plain(subscription: Obj, params: Obj) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "metadata" in params:
        given["metadata"] = merged_metadata(subscription["metadata"], params["metadata"])
    if "description" in params:
        given["description"] = params["description"] or None
    if "trial_settings" in params:
        given["trial_settings"] = trial_settings(params)
    return given


def settings(box: Box, subscription: Obj, params: Obj) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "default_payment_method" in params:
        customer = box.store.get(subscription["customer"])
        method = own_payment_method(box, customer, params["default_payment_method"], "default_payment_method")
        given["default_payment_method"] = method["id"]
    if "pause_collection" in params:
        wanted = params["pause_collection"]
        given["pause_collection"] = {"resumes_at": None, **wanted} if wanted else None
    return given


def cancellation(box: Box, subscription: Obj, params: Obj) -> dict[str, Any]:
    """Return the members that change when a cancellation is scheduled, undone or explained."""
    given = params.get("cancellation_details", {})
    details = subscription["cancellation_details"] | {name: value or None for name, value in given.items()}
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise StripeError(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            code="parameters_exclusive",
            param="cancel_at",
        )
    if params.get("cancel_at_period_end") or params.get("cancel_at"):
        at = end_of(box, subscription, params)
        return {
            "cancel_at": at,
            "cancel_at_period_end": params.get("cancel_at_period_end", False),
            "canceled_at": subscription["canceled_at"] or box.clock.now(),
            "cancellation_details": details | {"reason": "cancellation_requested"},
        }
    if "cancel_at" in params or "cancel_at_period_end" in params:
        ends = {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
        return ends | {"cancellation_details": details | {"reason": None}}
    return {"cancellation_details": details}


def end_of(box: Box, subscription: Obj, params: Obj) -> int:
    wanted = params.get("cancel_at")
    if not isinstance(wanted, int):
        return period_of(subscription)[1]
    if wanted <= box.clock.now():
        raise StripeError("`cancel_at` must be a timestamp in the future.", param="cancel_at")
    return wanted


def trial(box: Box, subscription: Obj, params: Obj, given: dict[str, Any]) -> bool:
    """Put a trial's new end into ``given``; return whether the trial ends now."""
    if params["trial_end"] == "now":
        if subscription["status"] == "trialing":
            given |= {"trial_end": box.clock.now(), "billing_cycle_anchor": box.clock.now()}
            return True
        return False
    if params["trial_end"] <= box.clock.now():
        raise StripeError("`trial_end` must be a timestamp in the future.", param="trial_end")
    given |= plan_changes.trial_until(box, subscription, params["trial_end"])
    return False
