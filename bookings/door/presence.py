"""When the guest of a ticket was let in, for the pages of tickets."""

from django.db.models import OuterRef, Subquery

from bookings.models import Entry
from bookings.models.ticket import TicketQuerySet


def with_entries(tickets: TicketQuerySet) -> TicketQuerySet:
    """
    Annotate ``entered_at``: when somebody came in first with each ticket, or with one that it replaced.

    None if nobody has. It is about the same people as ``Entry.objects.of_guest``.
    """
    came = Entry.objects.filter(
        seat=OuterRef("seat"), ticket__booking=OuterRef("booking"), undone_at=None
    ).order_by("entered_at")
    return tickets.annotate(entered_at=Subquery(came.values("entered_at")[:1]))
