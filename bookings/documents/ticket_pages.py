"""
What the tickets' PDF says: a page for each, in the active language.

It is put together before anything is drawn (``pdf``), so that the document has an entity tag first.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

from django.utils.translation import get_language, gettext

from bookings.messages import WHY_STOPPED
from bookings.models import Booking, Event, Ticket, TicketStatus
from bookings.orders.places import spell_kind, spell_place
from bookings.tickets import tokens
from bookings.when.words import spell_span
from branding.colours import by_day
from branding.models import shop

DRAWN_LIKE_THIS = 5  # To be raised when pages are drawn differently, so that browsers ask for the new ones.


@dataclass(frozen=True)
class Page:
    """What the page of one ticket says, and the colour of its band with the ink on it."""

    house: str
    brand: str
    on_brand: str
    title: str
    venue: str
    time: str
    place: str
    seat: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    number: str
    stopped: str
    instead: str
    token: str


def file_name(booking: Booking) -> str:
    """Return what the document with all tickets of ``booking`` is called."""
    return f"{booking.event.slug}-{booking}.pdf"


def write_pages(tickets: Collection[Ticket]) -> list[Page]:
    """Return what the pages of ``tickets`` say, which have their seat, event and booking with them."""
    return [_write_page(ticket, number, len(tickets)) for number, ticket in enumerate(tickets, 1)]


def tag(pages: Sequence[Page], layout: str = "") -> str:
    """Return the entity tag of the document with ``pages``, drawn in ``layout``."""
    words = repr((DRAWN_LIKE_THIS, layout, get_language(), [astuple(page) for page in pages]))
    return f'"{hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:32]}"'


def _write_page(ticket: Ticket, number: int, total: int) -> Page:
    seat, event, booking, look = ticket.seat, ticket.event, ticket.booking, shop()
    return Page(
        house=look.name,
        brand=look.brand_colour,
        on_brand=by_day(look.brand_colour, look.action_colour).on_brand,
        title=event.title,
        venue=event.venue,
        time=spell_span(event, "WEEKDAY_DATE_TIME"),
        place=spell_place(seat),
        seat=seat.label,
        facts=(
            *([(gettext("Ticket"), kind)] if (kind := spell_kind(ticket)) else []),
            (gettext("Name"), ticket.holder),
            (gettext("Booking number"), booking.ticket_reference or ""),
        ),
        notes=(_how_to_use(ticket), _who_organises(event)),
        number=gettext("%(number)s of %(total)s") % {"number": number, "total": total} if total > 1 else "",
        stopped=_stopped(ticket),
        instead=_instead_of_code(ticket),
        token=tokens.sign(ticket) if ticket.is_valid and ticket.is_drawn else "",
    )


def _how_to_use(ticket: Ticket) -> str:
    if not ticket.is_valid:
        return ""
    return gettext("Show the code at the door, on your phone or on paper. It’s valid for one entry.")


def _who_organises(event: Event) -> str:
    words = gettext("Organised by %(name)s.") % {"name": event.organiser_name}
    return f"{words} {gettext('Questions:')} {event.organiser_email}" if event.organiser_email else words


def _stopped(ticket: Ticket) -> str:
    if ticket.is_valid:
        return ""
    return gettext("On hold") if ticket.status == TicketStatus.SUSPENDED else gettext("Not valid")


def _instead_of_code(ticket: Ticket) -> str:
    if not ticket.is_valid:
        return str(WHY_STOPPED.get(ticket.stopped_for, ""))  # type: ignore[call-overload]
    return (
        "" if ticket.is_drawn else gettext("The code isn’t ready yet. You’ll find it on the ticket’s page.")
    )
