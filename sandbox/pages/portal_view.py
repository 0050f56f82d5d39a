"""The contexts of the billing portal's pages."""

import json
from typing import Any

from sandbox.billing import invoice_collection
from sandbox.billing.invoice_object import full_amount, name_of
from sandbox.billing.subscription_object import ENDED, items_of, period_of, subscriptions_of
from sandbox.billing.upcoming_invoices import upcoming_invoice
from sandbox.catalog import intervals
from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.portal.portal_actions import DETAILS, features_of

SHOWN_INVOICES = 24
REASONS = {
    "too_expensive": "It’s too expensive",
    "missing_features": "It lacks what I need",
    "switched_service": "I found something else",
    "unused": "I don’t use it",
    "customer_service": "I wasn’t served well",
    "too_complex": "It’s too complicated",
    "low_quality": "It isn’t good enough",
    "other": "Another reason",
}


def home(box: Box, session: Obj) -> dict[str, Any]:
    customer, features = box.store.get(session["customer"]), features_of(box, session)
    subscriptions = subscriptions_of(box, customer["id"])
    running = [each for each in subscriptions if each["status"] not in (*ENDED, "incomplete")]
    return {
        "session": session,
        "features": features,
        "customer": customer,
        "plans": [plan(box, session, each) for each in running],
        "method": method_of(box, customer, running),
        "invoices": invoices_of(box, customer["id"]) if features["invoice_history"]["enabled"] else [],
    }


def details(box: Box, session: Obj) -> dict[str, Any] | None:
    """Return what a customer can change about themselves; None if the configuration doesn't let them."""
    feature, kept = features_of(box, session)["customer_update"], box.store.private(session["id"])
    if not feature["enabled"]:
        return None
    customer = box.store.get(session["customer"])
    known = {**{name: customer[name] for name in DETAILS}, **(customer["address"] or {})}
    values = {name: value or "" for name, value in known.items()} | kept.get("details", {})
    allowed, errors = feature["allowed_updates"], kept.get("details_errors", {})
    return {"session": session, "allowed": allowed, "values": values, "errors": errors}


def can_change_card(box: Box, session: Obj) -> bool:
    return bool(features_of(box, session)["payment_method_update"]["enabled"])


def method_of(box: Box, customer: Obj, running: list[Obj]) -> Obj | None:
    """Return the payment method that is charged next."""
    if running:
        return invoice_collection.default_payment_method(box, running[0])
    return box.store.find(customer["invoice_settings"]["default_payment_method"] or "")


def invoices_of(box: Box, customer_id: str) -> list[Obj]:
    rows = box.store.rows(
        "SELECT body FROM object WHERE kind = 'invoice' AND json_extract(body, '$.customer') = ? "
        "AND json_extract(body, '$.status') != 'draft' ORDER BY seq DESC LIMIT ?",
        (customer_id, SHOWN_INVOICES),
    )
    return [json.loads(row["body"]) for row in rows]


def plan(box: Box, session: Obj, subscription: Obj) -> dict[str, Any]:
    """Return what the portal shows of a subscription."""
    items, (_, end) = items_of(subscription), period_of(subscription)
    features = features_of(box, session)
    ends_at = subscription["cancel_at"]
    renews = ends_at is None or ends_at > end
    return {
        "id": subscription["id"],
        "name": ", ".join(name_of(box, item) for item in items),
        "price": price_text(sum(full_amount(item) for item in items), items[0]["price"]),
        "status": subscription["status"],
        "trial_end": subscription["trial_end"] if subscription["status"] == "trialing" else None,
        "ends_at": ends_at,
        "next_at": end if renews and subscription["status"] not in ("paused", "unpaid") else None,
        "next_amount": next_amount(box, subscription),
        "open_invoice": open_invoice(box, subscription),
        "can_cancel": features["subscription_cancel"]["enabled"] and ends_at is None,
        "can_keep": features["subscription_cancel"]["enabled"] and ends_at is not None,
        "can_change": bool(plans(box, session, subscription)["plans"]),
    }


def price_text(amount: int, price: Obj) -> str:
    return f"{money.formatted(amount, price['currency'])} per {intervals.formatted(price['recurring'])}"


def next_amount(box: Box, subscription: Obj) -> str:
    return money.formatted(upcoming_invoice(box, subscription)["amount_due"], subscription["currency"])


def open_invoice(box: Box, subscription: Obj) -> Obj | None:
    invoice = box.store.find(subscription["latest_invoice"] or "")
    return invoice if invoice and invoice["status"] == "open" else None


def plans(box: Box, session: Obj, subscription: Obj) -> dict[str, Any]:
    """Return the prices that a subscription can change to; none if the configuration doesn't allow it."""
    update, items = features_of(box, session)["subscription_update"], items_of(subscription)
    may = update["enabled"] and "price" in update["default_allowed_updates"] and len(items) == 1
    prices = offered(box, update, items[0]["price"]) if may else []
    current = items[0]["price"]["id"]
    shown = [
        {
            "id": price["id"],
            "name": box.store.get(price["product"])["name"],
            "price": price_text(full_amount({"price": price, "quantity": items[0]["quantity"]}), price),
            "is_current": price["id"] == current,
        }
        for price in prices
    ]
    others = any(not each["is_current"] for each in shown)
    return {"session": session, "subscription": subscription, "plans": shown if others else []}


def offered(box: Box, update: Obj, current: Obj) -> list[Obj]:
    """Return the configured prices; without any, those of the same product."""
    if update["products"] is not None:
        ids = [price for entry in update["products"] for price in entry["prices"]]
        prices = [box.store.get(price) for price in ids]
    else:
        rows = box.store.rows(
            "SELECT body FROM object WHERE kind = 'price' AND json_extract(body, '$.product') = ? "
            "ORDER BY seq",
            (current["product"],),
        )
        prices = [json.loads(row["body"]) for row in rows]
    return [
        price
        for price in prices
        if price["recurring"]
        and price["currency"] == current["currency"]
        and (price["active"] or price["id"] == current["id"])
    ]


def plan_change(box: Box, session: Obj, subscription: Obj, price: str) -> Obj:
    """Return the parameters of an update that changes the plan, as the configuration says."""
    update = features_of(box, session)["subscription_update"]
    item = {"id": items_of(subscription)[0]["id"], "price": price}
    change: Obj = {"items": [item], "proration_behavior": update["proration_behavior"]}
    if subscription["status"] == "trialing" and update["trial_update_behavior"] == "end_trial":
        change["trial_end"] = "now"
    return change


def cancellation(box: Box, session: Obj, subscription: Obj) -> dict[str, Any] | None:
    """Return what the page shows before a plan is cancelled; None if it can't be."""
    feature = features_of(box, session)["subscription_cancel"]
    if not feature["enabled"] or subscription["cancel_at"] is not None:
        return None
    wanted = feature["cancellation_reason"]
    options = wanted["options"] if wanted["enabled"] else []
    return {
        "session": session,
        "plan": plan(box, session, subscription),
        "at_once": feature["mode"] == "immediately",
        "period_end": period_of(subscription)[1],
        "reasons": [(option, REASONS[option]) for option in options],
    }
