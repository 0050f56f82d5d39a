from collections.abc import Collection, Iterable
from html import escape

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from bookings.models import Event, Seat
from bookings.orders.members import Advantage
from bookings.seats.geometry import Gaps
from bookings.seats.seat_map import DESCRIPTIONS, DrawnSeat, SeatMap, draw_map

register = template.Library()


@register.simple_tag
def seat_map(
    event: Event, own: Collection[int] = (), chosen: Collection[str] = (), offered: Collection[Seat] = ()
) -> SeatMap:
    """Return the map of ``event``; see ``draw_map``."""
    labels = {seat.label for seat in offered or ()}
    return draw_map(event, own=set(own), chosen=set(chosen or ()), offered=labels)


@register.simple_tag
def seat_prices(event: Event) -> list[int]:
    """Return what seats of ``event`` cost, in minor units, the dearest first."""
    prices = event.seats.drawn().order_by("-price").values_list("price", flat=True)
    return list(prices.distinct())


@register.filter
def checkboxes(seats: Iterable[DrawnSeat]) -> SafeString:
    """
    Return a checkbox for each seat of a row.

    The template language takes four times as long, and a page may show thousands.
    """
    return SafeString("".join(map(_checkbox, seats)))


def _checkbox(seat: DrawnSeat) -> str:
    mark = ""
    if seat.state != "free":
        mark = f' data-state="{seat.state}" disabled'
    elif seat.is_chosen:
        mark = " checked"
    elif seat.is_offered:
        mark = " data-offered"
    said = f'value="{escape(seat.label)}" data-n="{escape(seat.number)}"'
    if seat.look:
        said += f' data-k="{escape(seat.look)}"'
    if seat.lift:
        said += f' data-lift="{seat.lift}"'
    if seat.notes:
        said += f' data-mark="{escape(seat.mark)}" data-notes="{escape(seat.notes)}"'
    box = f'<input type="checkbox" class="seat" name="seats" {said}{mark} aria-label="{escape(seat.words)}">'
    return gaps(seat.gaps) + box if seat.gaps else box


@register.filter
def gaps(widths: Gaps) -> SafeString:
    """Return room where there is no seat, for each width in half seats."""
    return SafeString("".join(f'<i class="gap" data-w="{width}"></i>' for width in widths))


@register.filter
def unbroken(labels: Iterable[str | Seat]) -> SafeString:
    """List seat labels without line breaks inside them: ``{{ seats|unbroken }}`` is A-1, A-2."""
    return format_html_join(", ", '<span class="unbroken">{}</span>', ((label,) for label in labels))


@register.filter
def member_price(amount: int, member: Advantage) -> int:
    """Return what a seat of ``amount`` costs this member, in minor units."""
    return member.price(amount)


@register.simple_tag
def seat_words() -> dict[str, str]:
    """Return a seat's description by state, with placeholders ``{row}``, ``{number}`` and ``{price}``."""
    return {state: str(words) for state, words in DESCRIPTIONS.items()}
