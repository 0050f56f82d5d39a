"""What a session costs: its line items, minus its discount, plus its taxes."""

from typing import Any

from sandbox.catalog.line_items import items_of
from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.registry import Include, expands, holds, includes
from sandbox.core.store import Obj
from sandbox.payments.method_types import offered_types
from sandbox.pricing import taxes
from sandbox.pricing.amounts import Amounts, Line, amounts_of
from sandbox.pricing.discounts import Purchase

holds("checkout.session", discounts="checkout.session.discounts")
expands("checkout.session.discounts", coupon="coupon", promotion_code="promotion_code")


def write(box: Box, session: Obj) -> None:
    """Write the amounts of a stored session and its items; raise ``StripeError`` if nobody can pay them."""
    items, found = items_of(box, session), item_amounts(box, session)
    for item, amounts in zip(items, found, strict=True):
        item |= {
            "amount_discount": amounts.discount,
            "amount_tax": amounts.tax,
            "amount_total": amounts.total,
        }
    money.check_total(sum(item["amount_total"] for item in items), session["currency"])
    session |= totals(box, session, found)
    session["payment_method_types"] = offered_types(
        box.store,
        session,
        amount=session["amount_total"],
        currency=session["currency"],
        cards_only=session["mode"] == "subscription",
    )
    box.store.keep(session["id"], items=items)
    box.store.save(session)


def item_amounts(box: Box, session: Obj, *, is_located: bool = False) -> list[Amounts]:
    """
    Return the amounts of each line item.

    An automatic tax needs the customer's place, which is known when they pay. ``is_located`` tells what it
    will be then.
    """
    kept = box.store.private(session["id"])
    lines = [Line(item["amount_subtotal"], item["price"]) for item in kept["items"]]
    tax = kept["tax"]
    if tax and tax["automatic"] and not (is_located or session["automatic_tax"]["status"] == "complete"):
        tax = None
    return amounts_of(box, lines, discount_of(box, session), tax)


def totals(box: Box, session: Obj, found: list[Amounts]) -> Obj:
    """Return the session's members about money. A subscription that starts with a trial costs nothing yet."""
    due = [] if starts_with_trial(box, session) else found
    return {
        "amount_subtotal": sum(each.subtotal for each in due),
        "amount_total": sum(each.total for each in due),
        "total_details": {
            "amount_discount": sum(each.discount for each in due),
            "amount_shipping": 0,
            "amount_tax": sum(each.tax for each in due),
        },
    }


def starts_with_trial(box: Box, session: Obj) -> bool:
    data = box.store.private(session["id"])["subscription_data"]
    return "trial_period_days" in data or "trial_end" in data


def discount_of(box: Box, session: Obj) -> Obj | None:
    wanted = box.store.private(session["id"])["discount"]
    return box.store.get(wanted) if wanted else None


def purchase_of(box: Box, session: Obj) -> Purchase:
    """Return what a discount of this session would be for."""
    items = items_of(box, session)
    return Purchase(
        customer=session["customer"],
        currency=session["currency"],
        subtotal=sum(item["amount_subtotal"] for item in items),
        products=tuple(item["price"]["product"] for item in items),
    )


def breakdown(box: Box, session: Obj) -> Obj:
    """Return ``total_details.breakdown``: each discount and each tax with its amount."""
    discount, details = discount_of(box, session), session["total_details"]
    discounts = [{"amount": details["amount_discount"], "discount": discount}] if discount else []
    found = [] if starts_with_trial(box, session) else item_amounts(box, session)
    return {"discounts": discounts, "taxes": tax_lines(box.store.private(session["id"])["tax"], found)}


def tax_lines(tax: Obj | None, found: list[Amounts]) -> list[dict[str, Any]]:
    lines = []
    for behavior in ("exclusive", "inclusive"):
        taxed = [each for each in found if each.behavior == behavior]
        if tax and taxed and any(each.tax for each in taxed):
            included = behavior == "inclusive"
            line = {
                "amount": sum(each.tax for each in taxed),
                "rate": tax["rates"][behavior],
                "taxability_reason": taxes.reason_of(tax) if tax["automatic"] else None,
                "taxable_amount": sum(each.taxable - (each.tax if included else 0) for each in taxed),
            }
            lines.append(line)
    return lines


def item_discounts(box: Box, item: Obj) -> list[Obj]:
    discount = discount_of(box, session_of(box, item))
    return [{"amount": item["amount_discount"], "discount": discount}] if discount else []


def item_taxes(box: Box, item: Obj) -> list[Obj]:
    session = session_of(box, item)
    place = [each["id"] for each in items_of(box, session)].index(item["id"])
    found = [item_amounts(box, session)[place]]
    return tax_lines(box.store.private(session["id"])["tax"], found)


def session_of(box: Box, item: Obj) -> Obj:
    row = box.store.execute(
        "SELECT object.id FROM object, json_each(private, '$.items') AS item "
        "WHERE kind = 'checkout.session' AND json_extract(item.value, '$.id') = ?",
        (item["id"],),
    ).fetchone()
    return box.store.get(row["id"])


includes("checkout.session", **{"total_details.breakdown": Include(breakdown)})
includes("item", discounts=Include(item_discounts), taxes=Include(item_taxes))
