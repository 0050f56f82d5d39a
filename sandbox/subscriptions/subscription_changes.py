"""Changes to a subscription, by the API or in the portal."""

from typing import Any

from sandbox.billing import renewals
from sandbox.billing.subscription_object import change, period_of, trial_settings
from sandbox.billing.subscription_status import set_timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError, not_supported
from sandbox.core.params import merged_metadata
from sandbox.core.store import Obj
from sandbox.payments.customers import own_payment_method
from sandbox.payments.outcome import Outcome, Result
from sandbox.subscriptions import plan_changes, subscription_discounts


def apply(box: Box, subscription: Obj, params: Obj) -> Obj:
    """Apply an update's parameters with one event, then bill what is due; return the subscription."""
    check_behavior(params, "allow_incomplete", "error_if_incomplete")
    given = {**plain(subscription, params), **settings(box, subscription, params)}
    given |= cancellation(box, subscription, params)
    trial_ends = "trial_end" in params and trial(box, subscription, params, given)
    bill = None
    if "items" in params:
        bill = plan_changes.change_items(box, subscription, params, given)
    if bill is not None and not trial_ends:
        check_result(params, renewals.bill_now(box, subscription, bill, **given))
        return box.store.get(subscription["id"])
    change(box, subscription, **given)
    set_timers(box, subscription)
    if trial_ends:
        renewals.end_trial(box, subscription, at=box.clock.now())
    return box.store.get(subscription["id"])


def check_behavior(params: Obj, *supported: str) -> None:
    wanted = params.get("payment_behavior", "allow_incomplete")
    if wanted not in supported:
        raise not_supported(f"`payment_behavior={wanted}` here", "payment_behavior")


def check_result(params: Obj, result: Result) -> None:
    """Raise the card's error if the caller wants no change without a payment. It takes everything back."""
    if result.outcome is Outcome.PAID or params.get("payment_behavior") != "error_if_incomplete":
        return
    if result.outcome is Outcome.CHALLENGE:
        raise StripeError(
            "This payment requires additional user action before it can be completed successfully.",
            status=402,
            code="subscription_payment_intent_requires_action",
            kind="card_error",
        )
    more: dict[str, Any] = {"decline_code": result.code} if result.code else {}
    raise StripeError(result.message or "", status=402, code="card_declined", kind="card_error", **more)


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
    if "collection_method" in params or "days_until_due" in params:
        given |= collection(subscription, params)
    if "discounts" in params:
        given["discounts"] = subscription_discounts.applied(box, subscription, params["discounts"])
    if "pause_collection" in params:
        wanted = params["pause_collection"]
        given["pause_collection"] = {"resumes_at": None, **wanted} if wanted else None
    return given


def collection(subscription: Obj, params: Obj) -> dict[str, Any]:
    """Return how invoices are collected; raise ``StripeError`` if that is contradictory."""
    method = params.get("collection_method", subscription["collection_method"])
    days = params.get("days_until_due", subscription["days_until_due"])
    if method == "send_invoice" and days is None:
        raise StripeError(
            "You must pass `days_until_due` when `collection_method` is `send_invoice`.",
            code="parameter_missing",
            param="days_until_due",
        )
    if method != "send_invoice" and "days_until_due" in params:
        raise StripeError(
            "You can only pass `days_until_due` when `collection_method` is `send_invoice`.",
            param="days_until_due",
        )
    return {"collection_method": method, "days_until_due": days if method == "send_invoice" else None}


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
