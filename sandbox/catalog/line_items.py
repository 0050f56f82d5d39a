"""What a session sells: its line items and their total."""

from decimal import ROUND_HALF_UP, Decimal

from sandbox.catalog.prices import PRICE_DATA, new_price
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import Boolean, Group, Integer, Metadata, Text, unsupported
from sandbox.core.registry import Include, holds, includes
from sandbox.core.store import Obj

MAX_ITEMS = 100  # in payment mode
MAX_QUANTITY = 999_999

LINE_ITEM = Group(
    price=Text(),
    price_data=PRICE_DATA,
    quantity=Integer(least=1, most=MAX_QUANTITY),
    metadata=Metadata(),
    adjustable_quantity=Group(
        enabled=Boolean(required=True), minimum=Integer(least=0), maximum=Integer(least=1)
    ),
    **unsupported("tax_rates"),
)

holds("item", price="price")


def build(box: Box, given: list[Obj]) -> list[Obj]:
    """Return the line items for a session's parameters. Prices given as ``price_data`` are stored."""
    if len(given) > MAX_ITEMS:
        raise StripeError(f"line_items cannot have more than {MAX_ITEMS} items.", param="line_items")
    items = [build_one(box, data, f"line_items[{position}]") for position, data in enumerate(given)]
    if len({item["currency"] for item in items}) > 1:
        raise StripeError("All line items must have prices in the same currency.", param="line_items")
    return items


def build_one(box: Box, data: Obj, param: str) -> Obj:
    if ("price" in data) == ("price_data" in data):
        raise StripeError(
            "Each line item needs exactly one of `price` and `price_data`.",
            code="parameter_missing",
            param=f"{param}[price]",
        )
    if "quantity" not in data:
        raise StripeError(
            "Quantity is required. Add `quantity` to the line item.",
            code="parameter_missing",
            param=f"{param}[quantity]",
        )
    if data.get("adjustable_quantity", {}).get("enabled"):
        raise StripeError(
            "The sandbox does not support adjustable quantities. Stripe does.",
            param=f"{param}[adjustable_quantity][enabled]",
        )
    price = price_of(box, data, param)
    amount = line_amount(price["unit_amount_decimal"], data["quantity"])
    return {
        "id": new_id("li_1"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": box.store.get(price["product"])["name"],
        "metadata": data.get("metadata", {}),
        "price": price,
        "quantity": data["quantity"],
    }


def price_of(box: Box, data: Obj, param: str) -> Obj:
    if "price_data" in data:
        return new_price(box, data["price_data"], active=False, param=f"{param}[price_data]")
    price = box.find("price", data["price"], param=f"{param}[price]")
    if not price["active"]:
        raise StripeError(
            f"The price specified is inactive. This field only accepts active prices ({price['id']}).",
            param=f"{param}[price]",
        )
    if not box.store.get(price["product"])["active"]:
        raise StripeError(
            "This price is not available to be purchased because its product is not active.",
            param=f"{param}[price]",
        )
    return price


def line_amount(unit_amount: str, quantity: int) -> int:
    """Return a line's amount in whole minor units."""
    return int((Decimal(unit_amount) * quantity).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def items_of(box: Box, session: Obj) -> list[Obj]:
    """Return all line items of a session."""
    return list(box.store.private(session["id"])["items"])


def first_page(box: Box, session: Obj) -> Obj:
    return page_of(box, session, {})


def page_of(box: Box, session: Obj, params: Obj) -> Obj:
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return lists.page_of(items_of(box, session), params, kind="item", url=url)


includes("checkout.session", line_items=Include(first_page, "list:item"))
