"""
What discounts take off an invoice.

A subscription names its discounts, or else its customer has one; a discount names its coupon. Both are only
read here, except that a coupon for one invoice is used up.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sandbox.billing.subscription_object import change
from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.registry import listener
from sandbox.core.store import Obj
from sandbox.pricing import coupons
from sandbox.pricing.taxes import round_half_up


@dataclass(frozen=True)
class Reduction:
    """A discount as it counts now; either ``percent`` or ``amount`` is set."""

    discount: str
    percent: Decimal | None
    amount: int | None
    products: tuple[str, ...]  # that it is restricted to; none is all
    is_once: bool

    def applies_to(self, line: Obj) -> bool:
        product = line["pricing"]["price_details"]["product"]
        return line["discountable"] and line["amount"] > 0 and (not self.products or product in self.products)


def reductions_of(box: Box, subscription: Obj) -> list[Reduction]:
    """Return the discounts of a subscription, or else of its customer, that count for an invoice now."""
    named = subscription["discounts"] or [box.store.get(subscription["customer"])["discount"]]
    discounts = [each if isinstance(each, dict) else box.store.find(each or "") for each in named]
    found = [reduction(box, each, subscription["currency"]) for each in discounts if each]
    return [each for each in found if each is not None]


def reduction(box: Box, discount: Obj, currency: str) -> Reduction | None:
    """Return what a discount takes off; None if it has ended, or isn't of this currency."""
    coupon = coupon_of(box, discount)
    ended = discount.get("end") is not None and discount["end"] <= box.clock.now()
    if coupon is None or ended or box.store.private(discount["id"]).get("used_in"):
        return None
    if coupon["amount_off"] is not None and coupon["currency"] != currency:
        return None
    percent = None if coupon["percent_off"] is None else Decimal(str(coupon["percent_off"]))
    products = tuple(coupons.products_of(box, coupon["id"]))
    once = coupon["duration"] == "once"
    return Reduction(discount["id"], percent, coupon["amount_off"], products, once)


def coupon_of(box: Box, discount: Obj) -> Obj | None:
    named = discount["source"]["coupon"]
    return named if isinstance(named, dict) else box.store.find(named or "", "coupon")


def discounted(lines: list[Obj], reductions: list[Reduction]) -> list[Obj]:
    """Return the lines with their ``discount_amounts``: each discount counts after the one before it."""
    lines = [{**line, "discount_amounts": []} for line in lines]
    for each in reductions:
        wanted = [line for line in lines if each.applies_to(line)]
        step = money.step(wanted[0]["currency"]) if wanted else 1
        for line, amount in zip(wanted, shares(each, [left_of(line) for line in wanted], step), strict=True):
            line["discount_amounts"].append({"amount": amount, "discount": each.discount})
    return lines


def left_of(line: Obj) -> int:
    return int(line["amount"] - sum(each["amount"] for each in line["discount_amounts"]))


def shares(reduction: Reduction, amounts: list[int], step: int = 1) -> list[int]:
    """
    Return what a reduction takes off each of the amounts; a fixed amount is spread over them.

    Percentages are rounded to what the currency can express.
    """
    if reduction.percent is not None:
        return [round_half_up(amount * reduction.percent / 100, step) for amount in amounts]
    left, whole, found = min(reduction.amount or 0, sum(amounts)), sum(amounts), []
    for amount in amounts:
        share = rounded(Decimal(left * amount) / whole) if whole else 0
        found.append(share)
        left, whole = left - share, whole - amount
    return found


def rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def totals(lines: list[Obj]) -> list[Obj]:
    """Return an invoice's ``total_discount_amounts``, in the order of the discounts."""
    found: dict[str, int] = {}
    for line in lines:
        for each in line["discount_amounts"]:
            found[each["discount"]] = found.get(each["discount"], 0) + each["amount"]
    return [{"amount": amount, "discount": discount} for discount, amount in found.items()]


def percent_off(box: Box, subscription: Obj, amount: int) -> int:
    """Return what percentages take off an amount. Prorations include them and no fixed amounts."""
    left = amount
    for each in reductions_of(box, subscription):
        if each.percent is not None and not each.products:
            left -= rounded(left * each.percent / 100)
    return amount - left


def mark_used(box: Box, reductions: list[Reduction], invoice_id: str) -> None:
    """Use up the discounts for one invoice."""
    for each in reductions:
        if each.is_once:
            box.store.keep(each.discount, used_in=invoice_id)


def is_over(box: Box, discount_id: str) -> bool:
    """Return whether no later invoice will have a discount."""
    end = box.store.get(discount_id).get("end")
    ended = end is not None and end <= box.clock.now()
    return ended or bool(box.store.private(discount_id).get("used_in"))


@listener("invoice.paid")
def drop_used(box: Box, invoice: Obj) -> None:
    """Take the discounts that an invoice has used up, or that have ended, from its subscription."""
    if invoice["parent"] is None:
        return
    subscription = box.store.get(invoice["parent"]["subscription_details"]["subscription"])
    kept = [each for each in subscription["discounts"] if not is_over(box, each)]
    change(box, subscription, discounts=kept)
