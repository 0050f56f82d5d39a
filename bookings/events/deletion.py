"""Delete an event, or a part of one, that nobody has anything to do with."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.events.visibility import lock_against_sales
from bookings.models import Area, BookedSeat, Event, SaleCode, Seat, TicketType
from waiting.publishing import publish


class NotDeletable(Exception):
    """The event, or what is to be deleted of it, can't be; the message says why, for staff."""


def why_not_deletable(row: Event | Seat | Area | TicketType | SaleCode) -> str:
    """Return why ``row`` can't be deleted by anybody, or "" if it can."""
    if isinstance(row, Seat):
        if not BookedSeat.objects.filter(seat=row).exists():
            return ""
        return _("Seat %(seat)s has bookings, so you can’t delete it.") % {"seat": row}
    if isinstance(row, Area):
        return _why_area_stays(row)
    if isinstance(row, TicketType):
        return _why_type_stays(row)
    if isinstance(row, SaleCode):
        if not row.bookings.exists():
            return ""
        return _("%(code)s has been used, so you can’t delete it. Untick “Is active” instead.") % {
            "code": row
        }
    return _why_event_stays(row)


def _why_area_stays(area: Area) -> str:
    if BookedSeat.objects.filter(seat__area=area).exists():
        return _("%(area)s has bookings, so you can’t delete it.") % {"area": area}
    # Sold nowhere else, they would be sold everywhere.
    if only := [str(kind) for kind in area.types.all() if kind.areas.count() == 1]:
        words = _("%(types)s is sold in %(area)s only. Choose another area, or delete that type first.")
        return words % {"types": ", ".join(only), "area": area}
    return ""


def _why_type_stays(kind: TicketType) -> str:
    if BookedSeat.objects.filter(type=kind).exists():
        words = _("%(type)s has bookings, so you can’t delete it. Untick “Is offered” instead.")
        return words % {"type": kind}
    # For nothing else, they would make everything cheaper.
    if only := [str(code) for code in kind.codes.all() if code.types.count() == 1]:
        words = _("%(codes)s only discounts %(type)s. Change or delete that code first.")
        return words % {"type": kind, "codes": ", ".join(only)}
    return ""


def _why_event_stays(row: Event) -> str:
    bookings = row.bookings.count()
    if not bookings:
        return ""
    sold = row.seats.filter(booking__status="confirmed").count()
    if sold:
        return ngettext(
            "“%(event)s” has %(count)d sold seat. Payment records can’t be deleted.",
            "“%(event)s” has %(count)d sold seats. Payment records can’t be deleted.",
            sold,
        ) % {"event": row, "count": sold}
    return ngettext(
        "“%(event)s” has had %(count)d booking, so you can’t delete it. Unpublish it instead.",
        "“%(event)s” has had %(count)d bookings, so you can’t delete it. Unpublish it instead.",
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
    for parts in (locked.codes, locked.types, locked.areas):
        parts.all().delete()
    locked.delete()


@transaction.atomic
def delete_area(area: Area) -> None:
    """Delete ``area`` with its places; raise ``NotDeletable`` if anything there was ever booked."""
    event = lock_against_sales(area.event)
    if why := why_not_deletable(area):
        raise NotDeletable(why)
    area.seats.all().delete()
    area.delete()
    publish(event.topic)
