"""Discounts: a coupon, or a promotion code's coupon, as a session or a subscription has it."""

from dataclasses import dataclass

from sandbox.catalog import intervals
from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.registry import expands, holds
from sandbox.core.store import Obj
from sandbox.pricing import coupons, promotion_codes

expands("discount", customer="customer", promotion_code="promotion_code")
holds("discount", source="discount.source")
expands("discount.source", coupon="coupon")


@dataclass(frozen=True)
class Purchase:
    """What a discount is for: the customer if known, the currency, the price without it, the products."""

    customer: str | None
    currency: str
    subtotal: int
    products: tuple[str, ...]


def of_coupon(box: Box, coupon_id: str, purchase: Purchase, *, param: str, **owner: str) -> Obj:
    """Return a stored discount; raise ``StripeError`` if the coupon doesn't fit the purchase."""
    coupon = box.find("coupon", coupon_id, param=param)
    check_coupon(box, coupon, purchase, param=param)
    return new_discount(box, coupon, None, purchase, **owner)


def of_code(box: Box, code: Obj, purchase: Purchase, *, param: str, **owner: str) -> Obj:
    """Return a stored discount; raise ``StripeError`` if the promotion code doesn't fit the purchase."""
    check_code(box, code, purchase, param=param)
    coupon = box.store.get(code["promotion"]["coupon"])
    check_coupon(box, coupon, purchase, param=param)
    return new_discount(box, coupon, code, purchase, **owner)


def new_discount(box: Box, coupon: Obj, code: Obj | None, purchase: Purchase, **owner: str) -> Obj:
    discount = {
        "id": new_id("di_1"),
        "object": "discount",
        "checkout_session": None,
        "customer": purchase.customer,
        "customer_account": None,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code and code["id"],
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": box.clock.now(),
        "subscription": None,
        "subscription_item": None,
        **owner,
    }
    return box.store.add(discount)


def check_coupon(box: Box, coupon: Obj, purchase: Purchase, *, param: str) -> None:
    if not coupon["valid"]:
        raise StripeError(f"Coupon expired: {coupon['id']}", code="coupon_expired", param=param)
    if coupon["currency"] not in (None, purchase.currency):
        raise StripeError(
            f"The coupon {coupon['id']} is in {coupon['currency']} and cannot be used for a purchase in "
            f"{purchase.currency}.",
            param=param,
        )
    products = coupons.products_of(box, coupon["id"])
    if products and not set(products) & set(purchase.products):
        raise StripeError("This coupon is not valid for any of the items.", param=param)


def check_code(box: Box, code: Obj, purchase: Purchase, *, param: str) -> None:
    if not code["active"]:
        raise StripeError("This promotion code is not active.", param=param)
    if code["customer"] not in (None, purchase.customer):
        raise refusal("it is for another customer", param)
    wanted = code["restrictions"]
    if wanted["first_time_transaction"] and has_paid_before(box, purchase.customer):
        raise refusal(
            "the associated customer has prior transactions", param, "promotion_code_customer_not_first_time"
        )
    if wanted["minimum_amount"] is None:
        return
    if wanted["minimum_amount_currency"] != purchase.currency:
        raise refusal(f"its minimum amount is in {wanted['minimum_amount_currency']}", param)
    if purchase.subtotal < wanted["minimum_amount"]:
        raise refusal("the associated purchase does not meet the minimum amount requirement", param)


def refusal(why: str, param: str, code: str | None = None) -> StripeError:
    return StripeError(f"This promotion code cannot be redeemed because {why}.", code=code, param=param)


def has_paid_before(box: Box, customer: str | None) -> bool:
    """Return whether a customer has a charge or an invoice that was paid."""
    row = box.store.execute(
        "SELECT 1 FROM object WHERE kind IN ('charge', 'invoice') AND json_extract(body, '$.customer') = ? "
        "AND json_extract(body, '$.status') IN ('succeeded', 'paid') LIMIT 1",
        (customer,),
    ).fetchone()
    return row is not None


def check_again(box: Box, discount: Obj, purchase: Purchase) -> None:
    """Raise ``StripeError`` if a discount can't be had any more when its purchase is paid."""
    coupon = box.store.get(discount["source"]["coupon"])
    if discount["promotion_code"]:
        check_code(box, box.store.get(discount["promotion_code"]), purchase, param="promotion_code")
    check_coupon(box, coupon, purchase, param="coupon")


def redeem(box: Box, discount: Obj) -> None:
    """Count a discount that was used."""
    coupons.redeem(box, discount["source"]["coupon"])
    if discount["promotion_code"]:
        promotion_codes.redeem(box, discount["promotion_code"])


def for_subscription(box: Box, discount: Obj, *, subscription: str, customer: str) -> Obj:
    """Return a session's discount as its subscription has it, with an end if the coupon is ``repeating``."""
    coupon = box.store.get(discount["source"]["coupon"])
    months = {"interval": "month", "interval_count": 1}
    start, count = box.clock.now(), coupon["duration_in_months"]
    copy = {
        **discount,
        "id": new_id("di_1"),
        "checkout_session": None,
        "customer": customer,
        "end": intervals.boundary(start, months, count) if count else None,
        "start": start,
        "subscription": subscription,
    }
    return box.store.add(copy)


def described(box: Box, discount: Obj) -> str:
    """Return a discount for the page: ``SPRING (20 % off)``."""
    coupon = box.store.get(discount["source"]["coupon"])
    code = box.store.get(discount["promotion_code"])["code"] if discount["promotion_code"] else None
    off = (
        f"{coupon['percent_off']:g} % off"
        if coupon["percent_off"]
        else f"{money.formatted(coupon['amount_off'], coupon['currency'])} off"
    )
    return f"{code or coupon['name'] or coupon['id']} ({off})"
