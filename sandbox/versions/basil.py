"""
2025-03-31.basil: periods move from subscriptions to their items, and invoices name their parent and payments.

https://docs.stripe.com/changelog/basil
"""

from typing import Any

from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.versions.clover import undo_discount
from sandbox.versions.release import Release


def undo_subscription(box: Box, subscription: Obj) -> None:
    items = subscription["items"]["data"]
    subscription |= {
        "current_period_end": items[0]["current_period_end"] if items else None,
        "current_period_start": items[0]["current_period_start"] if items else None,
        "discount": first_discount(box, subscription),
        "plan": items[0]["plan"] if len(items) == 1 else None,
        "quantity": items[0].get("quantity") if len(items) == 1 else None,
    }


def undo_subscription_item(box: Box, item: Obj) -> None:
    for name in ("current_period_end", "current_period_start"):
        item.pop(name, None)


def undo_invoice(box: Box, invoice: Obj) -> None:
    parent = invoice.pop("parent", None) or {}
    details = parent.get("subscription_details") or {}
    intent = intent_of(box, invoice["id"])
    invoice |= {
        "application_fee_amount": None,
        "charge": intent["latest_charge"] if intent else None,
        "discount": first_discount(box, invoice),
        "paid": invoice["status"] == "paid",
        "paid_out_of_band": False,
        "payment_intent": intent["id"] if intent else None,
        "quote": (parent.get("quote_details") or {}).get("quote"),
        "subscription": details.get("subscription"),
        "subscription_details": {"metadata": details.get("metadata")},
        "tax": sum_of_taxes(invoice),
        "total_tax_amounts": old_taxes(invoice.pop("total_taxes", None)),
        "transfer_data": None,
    }
    if details.get("subscription_proration_date") is not None:
        invoice["subscription_proration_date"] = details["subscription_proration_date"]
    for name in ("amount_overpaid", "confirmation_secret", "payments"):
        invoice.pop(name, None)


def undo_line(box: Box, line: Obj) -> None:
    parent, pricing = line.pop("parent", None) or {}, line.pop("pricing", None) or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    price = (pricing.get("price_details") or {}).get("price")
    line |= {
        "amount_excluding_tax": line["amount"],
        "plan": plan_of(box, details),
        "price": (box.store.find(price) or price) if isinstance(price, str) else price,
        "proration": details.get("proration", False),
        "proration_details": details.get("proration_details"),
        "subscription": details.get("subscription"),
        "tax_amounts": old_taxes(line.pop("taxes", None)),
        "tax_rates": [],
        "type": "subscription" if parent.get("type") == "subscription_item_details" else "invoiceitem",
        "unit_amount_excluding_tax": pricing.get("unit_amount_decimal"),
    }
    for name in ("invoice_item", "subscription_item"):
        if details.get(name) is not None:
            line[name] = details[name]


def undo_charge(box: Box, charge: Obj) -> None:
    charge["invoice"] = invoice_of(box, charge["payment_intent"])


def undo_intent(box: Box, intent: Obj) -> None:
    intent["invoice"] = invoice_of(box, intent["id"])


def undo_session(box: Box, session: Obj) -> None:
    session["shipping_details"] = (session.get("collected_information") or {}).get("shipping_details")


def first_discount(box: Box, holder: Obj) -> Obj | None:
    """Return the only discount there could be, whole, as it was before clover."""
    for found in holder.get("discounts") or []:
        discount = box.store.find(found) if isinstance(found, str) else dict(found)
        if discount is not None:
            undo_discount(box, discount)
            return discount
    return None


def intent_of(box: Box, invoice_id: str) -> Obj | None:
    row = box.store.execute(
        "SELECT json_extract(body, '$.payment.payment_intent') AS intent FROM object "
        "WHERE kind = 'invoice_payment' AND json_extract(body, '$.invoice') = ? ORDER BY seq DESC",
        (invoice_id,),
    ).fetchone()
    return box.store.find(row["intent"]) if row and row["intent"] else None


def invoice_of(box: Box, intent: Any) -> str | None:
    intent_id = intent["id"] if isinstance(intent, dict) else intent
    row = box.store.execute(
        "SELECT json_extract(body, '$.invoice') AS invoice FROM object "
        "WHERE kind = 'invoice_payment' AND json_extract(body, '$.payment.payment_intent') = ?",
        (intent_id,),
    ).fetchone()
    return row["invoice"] if row else None


def plan_of(box: Box, details: Obj) -> Obj | None:
    """Return the plan of the subscription's item that a line is about."""
    subscription = box.store.find(details.get("subscription") or "")
    for item in subscription["items"]["data"] if subscription else []:
        if item["id"] == details.get("subscription_item"):
            plan: Obj = item["plan"]
            return plan
    return None


def sum_of_taxes(invoice: Obj) -> int | None:
    taxes = invoice.get("total_taxes")
    return sum(tax["amount"] for tax in taxes) if taxes else None


def old_taxes(taxes: list[Obj] | None) -> list[Obj]:
    return [
        {
            "amount": tax["amount"],
            "inclusive": tax["tax_behavior"] == "inclusive",
            "tax_rate": (tax.get("tax_rate_details") or {}).get("tax_rate"),
            "taxability_reason": tax.get("taxability_reason"),
            "taxable_amount": tax.get("taxable_amount"),
        }
        for tax in taxes or []
    ]


RELEASE = Release(
    "2025-03-31.basil",
    {
        "charge": undo_charge,
        "checkout.session": undo_session,
        "invoice": undo_invoice,
        "line_item": undo_line,
        "payment_intent": undo_intent,
        "subscription": undo_subscription,
        "subscription_item": undo_subscription_item,
    },
    expanded={
        "charge": {"invoice": "invoice"},
        "invoice": {
            "charge": "charge",
            "payment_intent": "payment_intent",
            "quote": None,
            "subscription": "subscription",
        },
        "payment_intent": {"invoice": "invoice"},
    },
)
