"""To whom an announcement goes."""

from collections import Counter

from django.db.models import Count, Exists, OuterRef, QuerySet

from bookings.models import Booking, BookingStatus, Event, Ticket, TicketStatus


def recipients(event: Event) -> QuerySet[Booking]:
    """
    Return the bookings of ``event`` that have tickets, also those on hold; not those that gave all back.
    At the counter, nobody has to give an address: who gave none can't be written to.

    It is decided for all when an announcement is sent, and once more for each before its copy is.
    """
    living = Ticket.objects.filter(booking=OuterRef("pk")).exclude(status=TicketStatus.VOID)
    with_tickets = Booking.objects.filter(Exists(living), event=event, status=BookingStatus.CONFIRMED)
    return with_tickets.exclude(email="")


def languages(event: Event) -> Counter[str]:
    """Return how many recipients read each language."""
    counted = recipients(event).order_by().values_list("language").annotate(Count("pk"))
    return Counter(dict(counted))
