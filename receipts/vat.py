"""How much of a price is tax: integers in minor units, rounded once a rate, so that all sums are exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Share:
    """
    What of a purchase is at one rate: ``gross`` with ``vat`` in it.

    ``basis_points`` is None for tax that Stripe has computed; then ``vat`` is what Stripe said.
    """

    basis_points: int | None
    gross: int
    vat: int
    reason: str = ""

    @property
    def net(self) -> int:
        return self.gross - self.vat

    def reduced_to(self, gross: int) -> "Share":
        """Return what is left of it where only ``gross`` is."""
        vat = (
            _round(gross * self.vat, self.gross)
            if self.basis_points is None
            else vat_in(gross, self.basis_points)
        )
        return Share(self.basis_points, gross, vat, self.reason)


def at_rate(gross: int, percent: Decimal, reason: str = "") -> Share:
    """Return the share for ``gross`` at ``percent`` VAT, which the price includes."""
    points = int(percent * 100)
    return Share(points, gross, vat_in(gross, points), reason if points == 0 else "")


def vat_in(gross: int, basis_points: int) -> int:
    """Return the VAT that a price of ``gross`` includes, half a unit rounded up."""
    return _round(gross * basis_points, 10_000 + basis_points)


def reduce(shares: Sequence[Share], gross: int) -> list[Share]:
    """
    Return the ``shares`` of a purchase of which only ``gross`` is left.

    The same is left in the same proportions in whatever steps it went back, so that corrections add up.
    """
    whole = sum(share.gross for share in shares)
    floors = [share.gross * gross // whole for share in shares]
    missing = gross - sum(floors)
    by_rest = sorted(range(len(shares)), key=lambda i: (-(shares[i].gross * gross % whole), i))
    for i in by_rest[:missing]:
        floors[i] += 1
    return [share.reduced_to(left) for share, left in zip(shares, floors, strict=True)]


def _round(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
