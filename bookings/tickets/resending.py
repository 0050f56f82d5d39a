"""Mailing a customer's tickets once more because they asked: a few times a day."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, BookingStatus, TicketStatus
from bookings.tickets.issuing import resend_mail

A_DAY = 3


class NoTickets(Exception):
    """The booking has no tickets that admit anybody."""


class TooOften(Exception):
    """The tickets were asked for too often within a day."""


@transaction.atomic
def resend(booking: Booking) -> None:
    """
    Have the tickets of ``booking`` mailed again, to its own address.

    Raise ``NoTickets``, or ``TooOften`` beyond ``A_DAY`` in 24 hours; requests at once take turns here, in
    whatever process they arrive.
    """
    locked = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    admits = locked.tickets.filter(status=TicketStatus.VALID)
    if locked.status != BookingStatus.CONFIRMED or not admits.exists():
        raise NoTickets
    if locked.resends.filter(asked_at__gt=timezone.now() - timedelta(days=1)).count() >= A_DAY:
        raise TooOften
    locked.resends.create()
    resend_mail(locked)
    locked.publish()
