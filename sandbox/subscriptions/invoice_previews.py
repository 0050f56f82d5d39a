"""Previews of invoices: what a subscription will cost next, or would cost after a change."""

from sandbox.billing.invoice_object import new_invoice, regular_lines
from sandbox.billing.subscription_object import ENDED, new_subscription, period_of
from sandbox.billing.upcoming_invoices import next_period, pending_lines, upcoming_invoice
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Boolean, Choice, Group, Items, Metadata, Text, unsupported
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.subscriptions import plan_changes, subscription_creation, subscription_discounts
from sandbox.subscriptions.subscription_changes import cancellation, trial
from sandbox.subscriptions.subscription_params import DISCOUNTS, ITEM, PRORATION, Moment

DETAILS = Group(
    cancel_at=Moment("", "max_period_end", "min_period_end"),
    cancel_at_period_end=Boolean(),
    items=Items(ITEM, most=20),
    metadata=Metadata(unset=True),
    proration_behavior=PRORATION,
    trial_end=Moment("now"),
    **unsupported(
        "billing_cycle_anchor billing_mode billing_schedules cancel_now default_tax_rates pause "
        "proration_date resume_at start_date"
    ),
)
PREVIEW = Group(
    currency=Text(),
    customer=Text(),
    discounts=DISCOUNTS,
    preview_mode=Choice("next", "recurring"),
    subscription=Text(),
    subscription_details=DETAILS,
    **unsupported(
        "automatic_tax customer_account customer_details invoice_items issuer on_behalf_of schedule "
        "schedule_details"
    ),
)
NO_DISCOUNTS = [None]  # not even the customer's


@route("POST", "/v1/invoices/create_preview", returns="invoice", params=PREVIEW)
def create_preview(box: Box, params: Obj) -> Obj:
    with box.store.undone():
        if "subscription" in params:
            return of_subscription(box, params)
        return of_new_subscription(box, params)


def of_subscription(box: Box, params: Obj) -> Obj:
    """Return what a subscription's next invoice will be, or would be after ``subscription_details``."""
    found = box.find("subscription", params["subscription"], param="subscription")
    if params.get("customer", found["customer"]) != found["customer"]:
        raise StripeError("The subscription doesn't belong to the customer.", param="subscription")
    if found["status"] in (*ENDED, "paused"):
        raise none_upcoming(found)
    details = params.get("subscription_details", {})
    found = with_discounts(box, {**found, **ending(box, found, details)}, params)
    lines = pending_lines(box, found)
    if "items" in details:
        change = plan_changes.planned_change(box, found, details)
        found, lines = change.after, [*lines, *change.prorations]
        if change.is_billed_now and params.get("preview_mode") != "recurring":
            regular = regular_lines(box, found) if change.restarts else []
            return new_invoice(box, found, [*lines, *regular], reason="upcoming")
    return next_invoice(box, found, lines, params)


def ending(box: Box, subscription: Obj, details: Obj) -> Obj:
    """Return the members of a subscription that the previewed change sets: its end, and that of its trial."""
    members: Obj = cancellation(box, subscription, details)
    if "trial_end" in details and trial(box, subscription, details, members):
        moment = box.clock.now()
        period = {"current_period_start": subscription["trial_start"], "current_period_end": moment}
        data = [{**item, **period} for item in subscription["items"]["data"]]
        members["items"] = {**subscription["items"], "data": data}
    return members


def next_invoice(box: Box, subscription: Obj, lines: list[Obj], params: Obj) -> Obj:
    if params.get("preview_mode") == "recurring":
        return upcoming_invoice(box, subscription, [])
    ends = subscription["cancel_at"] is not None and subscription["cancel_at"] <= period_of(subscription)[1]
    if ends and not lines:
        raise none_upcoming(subscription)
    if ends:
        return new_invoice(box, next_period(subscription), lines, reason="upcoming")
    return upcoming_invoice(box, subscription, lines)


def none_upcoming(subscription: Obj) -> StripeError:
    return StripeError(
        f"No upcoming invoices for customer: {subscription['customer']}",
        status=404,
        code="invoice_upcoming_none",
    )


def of_new_subscription(box: Box, params: Obj) -> Obj:
    """Return what the first invoice of a subscription with these items would be."""
    if "customer" not in params:
        raise StripeError(
            "One of the following params should be provided for this request: customer or subscription.",
            code="parameter_missing",
            param="customer",
        )
    customer = box.find("customer", params["customer"], param="customer")
    details = params.get("subscription_details", {})
    if "items" not in details:
        raise none_upcoming({"customer": customer["id"]})
    lines = [
        subscription_creation.line_of(box, data, f"subscription_details[items][{n}]")
        for n, data in enumerate(details["items"])
    ]
    plan_changes.check_items(lines)
    currency = params.get("currency", lines[0]["price"]["currency"]).lower()
    for position, line in enumerate(lines):
        param = f"subscription_details[items][{position}][price]"
        plan_changes.check_currency(line["price"], currency, param)
    party = {"customer": customer["id"], "currency": currency}
    made = new_subscription(box, party, lines, subscription_creation.data_of(details))
    in_trial = made["status"] == "trialing" and params.get("preview_mode") != "recurring"
    made = with_discounts(box, made, params)
    return new_invoice(box, made, regular_lines(box, made, free=in_trial), reason="upcoming")


def with_discounts(box: Box, subscription: Obj, params: Obj) -> Obj:
    """Return the subscription with the discounts of the preview in place of its own."""
    if "discounts" not in params:
        return subscription
    given = subscription_discounts.applied(box, subscription, params["discounts"])
    return {**subscription, "discounts": given or NO_DISCOUNTS}
