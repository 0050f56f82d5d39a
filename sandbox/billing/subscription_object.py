"""A subscription and its items as the API shows them."""

from typing import Any

from sandbox.catalog import intervals
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.params import merged_metadata
from sandbox.core.registry import expands, holds
from sandbox.core.store import Obj
from sandbox.pricing import discounts
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

ENDED = ("canceled", "incomplete_expired")
DAY = 24 * 3_600

expands(
    "subscription",
    application=None,
    customer="customer",
    default_payment_method="payment_method",
    default_source=None,
    discounts="discount",
    latest_invoice="invoice",
    on_behalf_of=None,
    pending_setup_intent=None,
    schedule=None,
    test_clock=None,
)
holds("subscription", items="list:subscription_item")
expands("subscription_item", price="price")
NO_DETAILS = {"comment": None, "feedback": None, "feedback_option": None, "reason": None}


def new_subscription(
    box: Box,
    session: Obj,
    items: list[Obj],
    data: Obj,
    *,
    discount: Obj | None = None,
    tax: Obj | None = None,
) -> Obj:
    """
    Return a stored subscription to a session's line items; ``data`` is ``subscription_data``.

    Its invoices have the session's ``tax``, and its ``discount`` for as long as the coupon says. Its status
    is ``trialing`` with a trial, else ``incomplete``.
    """
    moment, trial_end = box.clock.now(), trial_end_of(box, data)
    subscription_id = new_id("sub_1")
    anchor = trial_end or moment
    end = trial_end or intervals.boundary(moment, items[0]["price"]["recurring"], 1)
    subscription = {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": automatic_tax(session),
        "billing_cycle_anchor": anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": NO_DETAILS,
        "collection_method": "charge_automatically",
        "created": moment,
        "currency": session["currency"],
        "customer": session["customer"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": data.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": lists.embedded(
            [new_item(box, item, subscription_id, end=end) for item in items],
            url=f"/v1/subscription_items?subscription={subscription_id}",
        ),
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merged_metadata({}, data.get("metadata", {})),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": ["card"],
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": moment,
        "status": "trialing" if trial_end else "incomplete",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": trial_settings(data),
        "trial_start": moment if trial_end else None,
    }
    if discount is not None:
        own = discounts.for_subscription(
            box, discount, subscription=subscription_id, customer=session["customer"]
        )
        subscription["discounts"] = [own["id"]]
    return box.store.add(subscription, pending=[], tax=tax)


def automatic_tax(session: Obj) -> Obj:
    given = session.get("automatic_tax", {})
    return {
        "disabled_reason": None,
        "enabled": given.get("enabled", False),
        "liability": given.get("liability"),
    }


def trial_settings(data: Obj) -> Obj:
    """Return the member ``trial_settings`` for the parameter of that name, which may be absent."""
    given: Obj = data.get("trial_settings", {}).get("end_behavior", {})
    usual = {"billing_cycle_anchor": None, "missing_payment_method": "create_invoice"}
    return {"end_behavior": usual | given}


def trial_end_of(box: Box, data: Obj) -> int | None:
    if "trial_period_days" in data:
        return int(box.clock.now() + data["trial_period_days"] * DAY)
    return data.get("trial_end")


def new_item(box: Box, line: Obj, subscription_id: str, *, end: int) -> Obj:
    moment = box.clock.now()
    return {
        "id": new_id("si_"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": moment,
        "current_period_end": end,
        "current_period_start": moment,
        "current_trial": None,
        "discounts": [],
        "metadata": {},
        **price_members(line["price"]),
        "quantity": line["quantity"],
        "subscription": subscription_id,
        "tax_rates": [],
    }


def price_members(price: Obj) -> dict[str, Any]:
    """Return an item's ``price``, and the ``plan`` that Stripe still sends for it."""
    recurring = price["recurring"]
    plan = {name: price[name] for name in PLAN_MEMBERS} | {
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "meter": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": recurring["usage_type"],
    }
    return {"plan": plan, "price": price}


PLAN_MEMBERS = (
    *("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata", "nickname"),
    *("product", "tiers_mode"),
)


def items_of(subscription: Obj) -> list[Obj]:
    return list(subscription["items"]["data"])


def period_of(subscription: Obj) -> tuple[int, int]:
    """Return the period that all items share."""
    item = items_of(subscription)[0]
    return item["current_period_start"], item["current_period_end"]


def with_period(subscription: Obj, start: int, end: int) -> Obj:
    """Return the member ``items`` with another period."""
    period = {"current_period_start": start, "current_period_end": end}
    return {**subscription["items"], "data": [{**item, **period} for item in items_of(subscription)]}


def change(box: Box, subscription: Obj, **members: Any) -> Obj:
    """Change members of a subscription, and emit an event if anything is different."""
    before = dict(subscription)
    change_silently(box, subscription, **members)
    if changed := previous(before, subscription):
        emit(box, "customer.subscription.updated", subscription, previous=changed)
    return subscription


def change_silently(box: Box, subscription: Obj, **members: Any) -> None:
    """Change members of a subscription without an event."""
    subscription |= members
    if subscription["status"] != "paused":
        subscription.pop("status_details", None)
    box.store.save(subscription)


def subscriptions_of(box: Box, customer_id: str) -> list[Obj]:
    """Return a customer's subscriptions, newest first."""
    rows = box.store.rows(
        "SELECT id FROM object WHERE kind = 'subscription' AND json_extract(body, '$.customer') = ? "
        "ORDER BY seq DESC",
        (customer_id,),
    )
    return [box.store.get(row["id"]) for row in rows]
