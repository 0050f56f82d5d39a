"""Promotion and access codes: whether one can be used, and what it takes off."""

from collections.abc import Sequence

from django.utils import timezone

from bookings.models import Booking, Event, SaleCode
from bookings.models.booking import ADDRESS
from bookings.models.sale_code import normal_code
from bookings.models.ticket_type import chargeable


class UnknownCode(Exception):
    """The event has no such ``code``, or it isn't valid now."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CodeUsedUp(Exception):
    """A code was used as often as it may be: in all, or by this customer if ``by_customer``."""

    def __init__(self, code: str, *, by_customer: bool = False) -> None:
        super().__init__(code)
        self.code, self.by_customer = code, by_customer


def find_code(event: Event, typed: str) -> SaleCode | None:
    """Return the code of ``event`` that was typed, None if none was; raise ``UnknownCode``."""
    if not (wanted := normal_code(typed)):
        return None
    found = event.codes.filter(code=wanted).prefetch_related("types", "opens").first()
    if found is None or not found.is_valid(timezone.now()):
        raise UnknownCode(wanted)
    return found


def lock_code(code: SaleCode | None, *, email: str) -> None:
    """
    Let others wait who want to use ``code`` until the transaction ends; raise ``CodeUsedUp``.

    A constraint keeps its limit too, but can't tell customers apart. Nor can this where they give no address,
    at the counter: then only the limit in all counts.
    """
    if code is None or (code.limit is None and code.limit_per_customer is None):
        return
    locked = SaleCode.objects.select_for_update(no_key=True).get(pk=code.pk)
    if locked.is_used_up:
        raise CodeUsedUp(code.code)
    if locked.limit_per_customer is None or not email:
        return
    own = Booking.objects.occupying().filter(code=code).alias(address=ADDRESS).filter(address=email.lower())
    if own.count() >= locked.limit_per_customer:
        raise CodeUsedUp(code.code, by_customer=True)


def discounts(
    code: SaleCode | None, prices: Sequence[int], types: Sequence[int | None], currency: str
) -> list[int]:
    """
    Return what ``code`` takes off each of ``prices``, in minor units of ``currency``.

    ``types`` has the id of each place's type, None for full price. The dearest come first. What is left of a
    price is nothing, or an amount that can be charged: so a little less may be taken off than the code says.
    """
    off = [0] * len(prices)
    if code is None or (code.percent_off is None and code.amount_off is None):
        return off
    cheaper = {kind.pk for kind in code.types.all()}
    meant = [place for place, kind in enumerate(types) if not cheaper or kind in cheaper]
    dearest = sorted(meant, key=lambda place: -prices[place])[: code.places_at_most]
    rest = code.amount_off or 0
    for place in dearest:
        price = prices[place]
        if code.percent_off is not None:
            left = price * (100 - code.percent_off) // 100
        else:
            left = max(0, price - rest)
        off[place] = price - min(price, chargeable(left, currency))
        rest -= off[place]
    return off
