"""A booking as a file for the customer's calendar (RFC 5545)."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext, ngettext
from icalendar import Calendar, Timezone
from icalendar import Event as Entry

from bookings.messages import join_labels
from bookings.models import Booking, BookingStatus, Ticket, TicketStatus

YEAR = timedelta(days=365)


def file_name(booking: Booking) -> str:
    return f"{booking.event.slug}.ics"


def write_calendar(booking: Booking) -> bytes:
    """
    Return the calendar file of a booking that is confirmed, or was before it was cancelled.

    It has the same UID each time, and a SEQUENCE that grows with each change of the event or the booking, so
    a calendar that has the entry replaces it.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//Admit//{urlsplit(settings.SITE_URL).hostname}//EN")
    calendar.add("version", "2.0")
    starts_at = booking.event.starts_at.astimezone(get_default_timezone())
    if starts_at.tzname() != "UTC":
        calendar.add_component(_zone(starts_at))
    calendar.add_component(_entry(booking))
    return bytes(calendar.to_ical())


def _entry(booking: Booking) -> Entry:
    event, changed_at = booking.event, _changed_at(booking)
    entry = Entry()
    entry.add("uid", f"{booking.reference}@{urlsplit(settings.SITE_URL).hostname}")
    entry.add("dtstamp", changed_at)
    entry.add("last-modified", changed_at)
    entry.add("sequence", _seconds_after_confirmation(booking, changed_at))
    entry.add("status", "CANCELLED" if booking.status == BookingStatus.CANCELLED else "CONFIRMED")
    entry.add("dtstart", event.starts_at.astimezone(get_default_timezone()))
    entry.add("dtend", event.ends_at.astimezone(get_default_timezone()))
    entry.add("summary", event.title)
    entry.add("location", event.venue)
    entry.add("description", _describe(booking))
    entry.add("url", settings.SITE_URL + booking.get_absolute_url())
    entry.add("class", "PRIVATE")  # The address is a secret; a shared calendar must not show it.
    return entry


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


def _seconds_after_confirmation(booking: Booking, changed_at: datetime) -> int:
    return int((changed_at - (booking.confirmed_at or changed_at)).total_seconds())


def _zone(starts_at: datetime) -> Timezone:
    """Return the shop's time zone with the changes of the clock around ``starts_at``."""
    first, last = (starts_at - YEAR).date(), (starts_at + YEAR).date()
    return Timezone.from_tzinfo(starts_at.tzinfo, first_date=first, last_date=last)  # type: ignore[arg-type]
