"""What a pass says, in the active language."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext

from bookings.models import Ticket
from bookings.orders.places import spell_kind, spell_place


@dataclass(frozen=True)
class Words:
    """The labels of a pass, and what of it is told in each language."""

    description: str
    seat_label: str
    event_label: str
    when_label: str
    venue_label: str
    place_label: str
    kind_label: str
    name_label: str
    booking_label: str
    entry_label: str
    entry: str
    organiser_label: str
    page_label: str
    place: str
    kind: str


def write_words(ticket: Ticket) -> Words:
    """Return the words for ``ticket``, which has its seat, area, event and booking with it."""
    return Words(
        description=gettext("Ticket for %(event)s") % {"event": ticket.event.title},
        seat_label=gettext("Standing") if is_standing(ticket) else gettext("Seat"),
        event_label=gettext("Event"),
        when_label=gettext("Starts"),
        venue_label=gettext("Venue"),
        place_label=gettext("Place"),
        kind_label=gettext("Ticket"),
        name_label=gettext("Name"),
        booking_label=gettext("Booking number"),
        entry_label=gettext("At the door"),
        entry=gettext("Show this code at the door. It’s valid for one entry."),
        organiser_label=gettext("Organiser"),
        page_label=gettext("Your ticket online"),
        place=spell_place(ticket.seat),
        kind=spell_kind(ticket),
    )


def is_standing(ticket: Ticket) -> bool:
    return bool(ticket.seat.area and ticket.seat.area.is_standing)


def organiser_of(ticket: Ticket) -> str:
    event = ticket.event
    return (
        f"{event.organiser_name}, {event.organiser_email}" if event.organiser_email else event.organiser_name
    )


def page_of(ticket: Ticket) -> str:
    """Return the address of the ticket's page. The booking's would open all tickets to who gets this one."""
    return settings.SITE_URL + ticket.get_absolute_url()
