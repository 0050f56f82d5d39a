"""
A booking as a file for the customer's calendar (RFC 5545), published as RFC 5546 says.

Times are in UTC: so a reader needs no rules of a zone, and shows them by its owner's own clock.
"""

from datetime import UTC, datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext, ngettext
from icalendar import Calendar, vCalAddress
from icalendar import Event as Entry

from bookings.messages import join_labels
from bookings.models import Booking, BookingStatus, EventStatus, Ticket, TicketStatus


def file_name(booking: Booking) -> str:
    return f"{booking.event.slug}.ics"


def content_type(booking: Booking) -> str:
    """Return the media type of the file; a mail's must name the method that the file has."""
    return f"text/calendar; method={_method(booking)}"


def write_calendar(booking: Booking) -> bytes:
    """
    Return the calendar file of a booking that is confirmed, or was before it was cancelled.

    It has the same UID each time, and a SEQUENCE that grows with each change of the event or the booking, so
    a calendar that has the entry replaces it. Of what is called off or cancelled, it takes the entry back.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//Admit//{urlsplit(settings.SITE_URL).hostname}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", _method(booking))
    calendar.add_component(_entry(booking))
    return bytes(calendar.to_ical())


def _method(booking: Booking) -> str:
    return "CANCEL" if _is_off(booking) else "PUBLISH"


def _is_off(booking: Booking) -> bool:
    return booking.status == BookingStatus.CANCELLED or booking.event.status == EventStatus.CANCELLED


def _entry(booking: Booking) -> Entry:
    event, changed_at = booking.event, _changed_at(booking)
    entry = Entry()
    entry.add("uid", f"{booking.reference}@{urlsplit(settings.SITE_URL).hostname}")
    entry.add("dtstamp", changed_at)
    entry.add("last-modified", changed_at)
    entry.add("sequence", _count_changes(booking))
    entry.add("status", "CANCELLED" if _is_off(booking) else "CONFIRMED")
    entry.add("dtstart", event.starts_at.astimezone(UTC))
    entry.add("dtend", event.ends_at.astimezone(UTC))
    entry.add("summary", event.title)
    entry.add("location", event.venue)
    entry.add("description", _describe(booking))
    entry.add("url", settings.SITE_URL + booking.get_absolute_url())
    entry.add("organizer", _organiser(booking))
    entry.add("class", "PRIVATE")  # The address is a secret; a shared calendar must not show it.
    return entry


def _organiser(booking: Booking) -> vCalAddress:
    address = booking.event.organiser_email
    if not (address and address.isprintable()):  # Of before forms refused line breaks.
        address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    organiser = vCalAddress(f"mailto:{address}")
    # A parameter has no escapes, and the quotes around it are its only ones.
    organiser.params["CN"] = " ".join(booking.event.organiser_name.replace('"', "'").split())
    return organiser


def _describe(booking: Booking) -> str:
    labels = [ticket.seat.label for ticket in _not_void(booking) or booking.tickets.current()]
    seats = ngettext("Seat %(seats)s", "Seats %(seats)s", len(labels)) % {"seats": join_labels(labels)}
    reference = gettext("Booking %(reference)s") % {"reference": booking}
    return f"{seats}\n{reference}\n{settings.SITE_URL}{booking.get_absolute_url()}"


def _not_void(booking: Booking) -> list[Ticket]:
    return list(booking.tickets.exclude(status=TicketStatus.VOID).select_related("seat"))


def _changed_at(booking: Booking) -> datetime:
    stopped = booking.tickets.aggregate(at=Max("stopped_at"))["at"]
    times = (booking.event.changed_at, booking.confirmed_at, booking.released_at, stopped)
    return max(time for time in times if time is not None).replace(microsecond=0)


def _count_changes(booking: Booking) -> int:
    """Return how often the event and the booking have changed: never less than it was before."""
    void = booking.tickets.filter(status=TicketStatus.VOID).count()
    return booking.event.revision + void + (booking.status == BookingStatus.CANCELLED)
