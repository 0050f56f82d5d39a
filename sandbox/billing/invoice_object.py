"""An invoice and its lines as the API shows them."""

from datetime import UTC, datetime

from sandbox.billing import invoice_discounts
from sandbox.billing.subscription_object import items_of, period_of
from sandbox.catalog import intervals, line_items
from sandbox.core import lists, money
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.store import Obj
from sandbox.pricing import taxes
from sandbox.pricing.amounts import Amounts


def new_invoice(box: Box, subscription: Obj, lines: list[Obj], *, reason: str) -> Obj:
    """Return a draft for a subscription, not yet stored; ``reason`` is its ``billing_reason``."""
    invoice_id = new_id("upcoming_in_1" if reason == "upcoming" else "in_1")
    customer = box.store.get(subscription["customer"])
    moment = box.clock.now()
    reductions = invoice_discounts.reductions_of(box, subscription)
    lines = invoice_discounts.discounted(lines, reductions)
    subtotal = sum(line["amount"] for line in lines)
    discounts = invoice_discounts.totals(lines)
    tax = tax_of(box, subscription)
    found = [amounts_of(box, line, tax) for line in lines]
    total = sum(each.total for each in found)
    balance = customer["balance"]
    if reason != "upcoming":
        used = {each["discount"] for each in discounts if each["amount"]}
        invoice_discounts.mark_used(box, [each for each in reductions if each.discount in used], invoice_id)
    due = max(0, total + balance)
    return {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "AT",
        "account_name": box.settings.merchant,
        "account_tax_ids": None,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": automatic_tax(subscription),
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": subscription["collection_method"],
        "created": moment,
        "currency": subscription["currency"],
        "custom_fields": None,
        **customer_members(customer),
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [reduction.discount for reduction in reductions],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": lists.embedded(
            [
                {**line, "invoice": invoice_id, "taxes": tax_lines(tax, [each])}
                for line, each in zip(lines, found, strict=True)
            ],
            url=f"/v1/invoices/{invoice_id}/lines",
        ),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "payment_settings": {
            **dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types"))
        },
        "period_end": moment,
        "period_start": moment,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": balance,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": dict.fromkeys(
            ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")
        ),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - sum(each.tax for each in found if each.behavior == "inclusive"),
        "test_clock": None,
        "total": total,
        "total_discount_amounts": discounts,
        "total_excluding_tax": total - sum(each.tax for each in found),
        "total_pretax_credit_amounts": [],
        "total_taxes": tax_lines(tax, found),
        "webhooks_delivered_at": None,
    }


def tax_of(box: Box, subscription: Obj) -> Obj | None:
    tax: Obj | None = box.store.private(subscription["id"]).get("tax")
    return tax


def automatic_tax(subscription: Obj) -> Obj:
    given = subscription["automatic_tax"]
    if not given["enabled"]:
        return {**given, "provider": None, "status": None}
    return {**given, "provider": "stripe", "status": "complete"}


def amounts_of(box: Box, line: Obj, tax: Obj | None) -> Amounts:
    """Return the amounts of a line that has its discounts: its tax comes after them."""
    price = box.store.get(line["pricing"]["price_details"]["price"])
    off = sum(each["amount"] for each in line["discount_amounts"])
    behavior = taxes.behavior_of(tax, price) if tax else "exclusive"
    due = taxes.amount_of(tax, line["amount"] - off, behavior, price["currency"]) if tax else 0
    return Amounts(line["amount"], off, due, behavior)


def tax_lines(tax: Obj | None, found: list[Amounts]) -> list[Obj]:
    """Return the tax of lines in the form of an invoice, for each behavior."""
    lines = []
    for behavior in ("exclusive", "inclusive"):
        taxed = [each for each in found if each.behavior == behavior and each.tax]
        if tax and taxed:
            amount = sum(each.tax for each in taxed)
            base = sum(each.taxable for each in taxed)
            line = {
                "amount": amount,
                "tax_behavior": behavior,
                "tax_rate_details": {"tax_rate": tax["rates"][behavior]["id"]},
                "taxability_reason": taxes.reason_of(tax) if tax["automatic"] else "not_available",
                "taxable_amount": base - amount if behavior == "inclusive" else base,
                "type": "tax_rate_details",
            }
            lines.append(line)
    return lines


def customer_members(customer: Obj) -> Obj:
    return {
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
    }


def regular_lines(box: Box, subscription: Obj, *, free: bool = False) -> list[Obj]:
    """Return a line for each item of the subscription's current period; ``free`` during a trial."""
    start, end = period_of(subscription)
    return [
        new_line(
            subscription,
            item,
            amount=0 if free else full_amount(item),
            description=trial_description(box, item) if free else description_of(box, item),
            period=(start, end),
        )
        for item in items_of(subscription)
    ]


def new_line(
    subscription: Obj,
    item: Obj,
    *,
    amount: int,
    description: str,
    period: tuple[int, int],
    proration: bool = False,
) -> Obj:
    price, quantity = item["price"], item["quantity"]
    return {
        "id": new_id("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": not proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": subscription["metadata"],
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": proration,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": period[1], "start": period[0]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }


def full_amount(item: Obj) -> int:
    """Return what an item costs for one period."""
    return line_items.line_amount(item["price"]["unit_amount_decimal"], item["quantity"])


def name_of(box: Box, item: Obj) -> str:
    return str(box.store.get(item["price"]["product"])["name"])


def description_of(box: Box, item: Obj) -> str:
    price = item["price"]
    each = money.formatted(full_amount({**item, "quantity": 1}), price["currency"])
    interval = intervals.formatted(price["recurring"])
    return f"{item['quantity']} × {name_of(box, item)} (at {each} / {interval})"


def trial_description(box: Box, item: Obj) -> str:
    return f"Trial period for {name_of(box, item)}"


def proration_description(box: Box, item: Obj, moment: int, *, unused: bool) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    kind = "Unused" if unused else "Remaining"
    return f"{kind} time on {name_of(box, item)} after {day:%d %b %Y}"
