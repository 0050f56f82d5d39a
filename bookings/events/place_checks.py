"""What would embarrass the house about an event's places, types and codes, if it were public as it is."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bookings.events.checks import Finding, check
from bookings.models import AreaKind, Event, SaleCode, SeatState, TicketType
from bookings.money import format_money, require_price
from bookings.orders.codes import discounts


@check
def places(event: Event) -> Iterator[Finding]:
    """Find areas without places, and a house that sells none of its places."""
    has_places = set(
        event.seats.exclude(state=SeatState.NO_PLACE).order_by().values_list("area", flat=True).distinct()
    )
    for area in event.areas.all():
        if area.pk not in has_places:
            words = _("%(area)s has no places.") % {"area": area}
            yield Finding(words, is_problem=area.kind == AreaKind.STANDING, field="areas")
    if has_places and not event.seats.exclude(state=SeatState.HELD_BACK).exists():
        yield Finding(_("All places are held back, so nothing can be sold."), field="seats")


@check
def prices_of_types(event: Event) -> Iterator[Finding]:
    """Find prices of types, with codes too, that Stripe would refuse to charge."""
    found = set(event.seats.exclude(state=SeatState.NO_PLACE).order_by().values_list("price", flat=True))
    # Thousands may be alike, each for one booking.
    effects = {(code.percent_off, code.amount_off): code for code in event.codes.filter(is_active=True)}
    codes: list[SaleCode] = list(effects.values())
    for kind in event.types.all():
        costs = {kind.price_of(price, event.currency) for price in found}
        wrong = {amount for amount in costs if _refused(amount, event.currency)}
        for code in codes:
            for amount in costs - wrong:
                left = amount - discounts(code, [amount], [kind.pk], event.currency)[0]
                if _refused(left, event.currency):
                    wrong.add(left)
        for amount in sorted(wrong):
            words = _("%(type)s would cost %(price)s. %(why)s")
            price, why = format_money(amount, event.currency), _refused(amount, event.currency)
            yield Finding(
                words % {"type": kind, "price": price, "why": why}, is_problem=True, field="tickettypes"
            )


def _refused(amount: int, currency: str) -> str:
    """Return why Stripe wouldn't charge ``amount``, or "" if it would, or needn't."""
    try:
        require_price(amount, currency)
    except ValueError as error:
        return str(error)
    return ""


@check
def types(event: Event) -> Iterator[Finding]:
    """Find types that nobody could buy, and quotas that never bind."""
    total = event.seats.exclude(state=SeatState.NO_PLACE).count()
    offered = list(event.types.filter(is_offered=True).prefetch_related("areas__seats"))
    for kind in offered:
        for words in _odd_of_type(event, kind, total):
            yield Finding(words % {"type": kind}, field="tickettypes")
    if offered and all(kind.needs_code or kind.members_only for kind in offered):
        words = _("All ticket types are hidden: only members and customers with a code can buy.")
        yield Finding(words, field="tickettypes")


def _odd_of_type(event: Event, kind: TicketType, total: int) -> Iterator[str]:
    areas = list(kind.areas.all())
    if areas and not event.seats.filter(area__in=areas).exclude(state=SeatState.NO_PLACE).exists():
        yield _("%(type)s isn’t sold in any area with places.")
    if kind.needs_code and not kind.opened_by.filter(is_active=True).exists():
        yield _("%(type)s is hidden, but no code unlocks it.")
    opens_at = event.member_sales_from or event.sales_from
    if kind.sold_until and kind.sold_until <= opens_at:
        yield _("%(type)s ends before the sale starts.")
    elif kind.sold_until and kind.sold_until <= timezone.now():
        yield _("%(type)s is no longer sold: it ended %(at)s.") % {
            "type": "%(type)s",
            "at": date_format(timezone.localtime(kind.sold_until), "j F Y, H:i"),
        }
    if kind.sold_from and kind.sold_from >= event.sales_until:
        yield _("%(type)s starts after the sale ends.")
    if kind.quota is not None and total and kind.quota > total:
        yield _("%(type)s has a quota higher than the number of places.")


@check
def codes(event: Event) -> Iterator[Finding]:
    """Find codes that do nothing."""
    odd = [
        code
        for code in event.codes.filter(is_active=True, percent_off=None, amount_off=None)
        if not code.opens.exists()
    ]
    for code in odd:
        words = _("The code %(code)s has no effect: no discount, no hidden tickets.")
        yield Finding(words % {"code": code}, field="salecodes")
    for code in event.codes.filter(is_active=True, valid_until__lte=event.sales_from):
        words = _("The code %(code)s ends before the sale starts.")
        yield Finding(words % {"code": code}, field="salecodes")
