"""When the guest of a ticket was let in, for the pages of tickets and for staff who stop or move them."""

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from bookings.models import Entry, Ticket
from bookings.models.ticket import TicketQuerySet
from bookings.when.words import spell


def with_entries(tickets: TicketQuerySet) -> TicketQuerySet:
    """
    Annotate ``entered_at``: when somebody came in first with each ticket, or with one that it replaced.

    None if nobody has. It is about the same people as ``Entry.objects.of_guest``.
    """
    came = Entry.objects.filter(
        seat=OuterRef("seat"), ticket__booking=OuterRef("booking"), undone_at=None
    ).order_by("entered_at")
    return tickets.annotate(entered_at=Subquery(came.values("entered_at")[:1]))


def note_entry(words: str, ticket: Ticket) -> str:
    """Return ``words``, which name a ticket of ``with_entries``, and when its guest was let in, if so."""
    entered_at = getattr(ticket, "entered_at", None)
    if entered_at is None:
        return words
    at = spell(entered_at, "DAY_TIME", ticket.seat.event.time_zone)
    return _("%(ticket)s: was let in on %(at)s") % {"ticket": words, "at": at}
