"""What lines of a session or an invoice cost, after a discount and taxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sandbox.core import money
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.pricing import coupons, taxes
from sandbox.pricing.taxes import round_half_up


@dataclass(frozen=True)
class Line:
    """A line before discounts and taxes. A negative amount, or one that isn't ``discountable``, stays."""

    amount: int
    price: Obj
    discountable: bool = True


@dataclass(frozen=True)
class Amounts:
    """A line's amounts; ``behavior`` says whether the tax is in ``total`` already or was added to it."""

    subtotal: int
    discount: int
    tax: int
    behavior: str

    @property
    def total(self) -> int:
        return self.taxable + (self.tax if self.behavior == "exclusive" else 0)

    @property
    def taxable(self) -> int:
        """The amount that the tax is computed from."""
        return self.subtotal - self.discount


def amounts_of(box: Box, lines: Sequence[Line], discount: Obj | None, tax: Obj | None) -> list[Amounts]:
    """Return the amounts of each line; ``tax`` is that of ``taxes.new_tax``."""
    off = discounts_of(box, lines, discount)
    found = []
    for line, reduction in zip(lines, off, strict=True):
        behavior = taxes.behavior_of(tax, line.price) if tax else "exclusive"
        due = taxes.amount_of(tax, line.amount - reduction, behavior, line.price["currency"]) if tax else 0
        found.append(Amounts(line.amount, reduction, due, behavior))
    return found


def discounts_of(box: Box, lines: Sequence[Line], discount: Obj | None) -> list[int]:
    """Return what a discount takes from each line: a percentage, or shares of an amount."""
    if discount is None:
        return [0] * len(lines)
    coupon = box.store.get(discount["source"]["coupon"])
    products = coupons.products_of(box, coupon["id"])
    bases = [
        line.amount if line.discountable and (not products or line.price["product"] in products) else 0
        for line in lines
    ]
    bases = [max(0, base) for base in bases]
    if coupon["percent_off"] is not None:
        percent = Decimal(str(coupon["percent_off"]))
        steps = [money.step(line.price["currency"]) for line in lines]
        return [round_half_up(base * percent / 100, step) for base, step in zip(bases, steps, strict=True)]
    return shares(min(coupon["amount_off"], sum(bases)), bases)


def shares(amount: int, bases: Sequence[int]) -> list[int]:
    """Split an amount in proportion to ``bases``, without losing a minor unit."""
    whole, before, given, found = sum(bases), 0, 0, []
    for base in bases:
        before += base
        until = amount * before // whole if whole else 0
        found.append(until - given)
        given = until
    return found
