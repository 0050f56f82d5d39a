"""Who came in at which gate, who didn't come, and whose money went back while they were inside."""

from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q

from bookings.models import Entry, Event, Ticket, TicketStatus
from bookings.models.door.entry import OPEN, EntryQuerySet
from bookings.models.ticket import REPLACING_REASONS, TicketQuerySet


class Gate(NamedTuple):
    """How many were let in at a gate, and how many of these are still inside; "" is no gate."""

    name: str
    admitted: int
    inside: int


class Figures(NamedTuple):
    """``expected`` are the valid tickets; ``missing`` those of them with which nobody has come."""

    inside: int
    admitted: int
    left: int
    expected: int
    missing: int


def figures_of(event: Event) -> Figures:
    found = Entry.objects.filter(event=event).aggregate(
        inside=Count("pk", filter=OPEN),
        admitted=Count("ticket", filter=Q(undone_at=None, conflict=""), distinct=True),
        left=Count("pk", filter=Q(undone_at=None, conflict="", left_at__isnull=False)),
    )
    expected = Ticket.objects.filter(seat__event=event, status=TicketStatus.VALID).count()
    return Figures(**found, expected=expected, missing=no_shows(event).count())


def gates_of(event: Event) -> list[Gate]:
    counted = Entry.objects.counted().filter(event=event).order_by("scan__gate").values("scan__gate")
    found = counted.annotate(admitted=Count("pk"), inside=Count("pk", filter=OPEN))
    return [Gate(row["scan__gate"], row["admitted"], row["inside"]) for row in found]


def no_shows(event: Event) -> TicketQuerySet:
    """
    Return the valid tickets with whose seats nobody has come in, in the order of the seats.

    Who came in with a ticket before its name was changed has come.
    """
    came = Entry.objects.filter(
        seat=OuterRef("seat"), ticket__booking=OuterRef("booking"), undone_at=None, conflict=""
    )
    valid = Ticket.objects.filter(~Exists(came), seat__event=event, status=TicketStatus.VALID)
    return valid.select_related("seat__area", "booking").defer("qr_png").order_by("seat_id", "pk")


def stopped_inside(event: Event) -> EntryQuerySet:
    """Return who was inside when their ticket was refunded, or its payment disputed."""
    stopped = Entry.objects.counted().filter(event=event, ticket__stopped_at__gt=F("entered_at"))
    theirs = stopped.filter(Q(left_at=None) | Q(left_at__gt=F("ticket__stopped_at")))
    gone = theirs.exclude(ticket__stopped_for__in=["", *REPLACING_REASONS])
    return gone.select_related("seat", "ticket__booking").defer("ticket__qr_png").order_by("entered_at")
