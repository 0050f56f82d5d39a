"""Delete an event that nobody has anything to do with."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.events.visibility import lock_against_sales
from bookings.models import BookedSeat, Event, Seat


class NotDeletable(Exception):
    """The event or the seat can't be deleted; the message says why, for staff."""


def why_not_deletable(row: Event | Seat) -> str:
    """Return why ``row`` can't be deleted by anybody, or "" if it can."""
    if isinstance(row, Seat):
        if not BookedSeat.objects.filter(seat=row).exists():
            return ""
        return _("Seat %(seat)s was booked, and what was booked stays known.") % {"seat": row}
    bookings = row.bookings.count()
    if not bookings:
        return ""
    sold = row.seats.filter(booking__status="confirmed").count()
    if sold:
        return ngettext(
            "“%(event)s” has %(count)d sold seat. Nothing about money is ever deleted.",
            "“%(event)s” has %(count)d sold seats. Nothing about money is ever deleted.",
            sold,
        ) % {"event": row, "count": sold}
    return ngettext(
        "“%(event)s” had %(count)d booking, and what was booked stays known. Make it a draft instead.",
        "“%(event)s” had %(count)d bookings, and what was booked stays known. Make it a draft instead.",
        bookings,
    ) % {"event": row, "count": bookings}


@transaction.atomic
def delete_event(event: Event) -> None:
    """Delete ``event`` with its seats; raise ``NotDeletable`` if anything was ever booked."""
    locked = lock_against_sales(event)
    if why := why_not_deletable(locked):
        raise NotDeletable(why)
    locked.changes.all().delete()  # Nobody was told: it has no bookings.
    locked.waiting_entries.all().delete()
    locked.questions.all().delete()
    locked.seats.all().delete()
    locked.delete()
