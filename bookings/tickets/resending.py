"""Email a customer's tickets again at their request, a few times a day at most."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, BookingStatus, Resend, TicketStatus
from bookings.models.booking import ADDRESS
from bookings.tickets.issuing import resend_mail

RESENDS_PER_DAY = 3
# To one address, by all its bookings: whoever typed it may be a stranger to its owner.
RESENDS_PER_ADDRESS = 12


class NoTickets(Exception):
    """The booking has no valid tickets."""


class TooOften(Exception):
    """The tickets were requested too often within a day."""


@transaction.atomic
def resend(booking: Booking, *, after: str = "") -> None:
    """
    Email the tickets of ``booking`` to its own address again.

    ``after`` is how often they were to be sent when the customer's page was made, if that says so. A
    button that is pressed twice is one wish: if they were mailed since, nothing more is sent or counted.

    Raise ``NoTickets``, or ``TooOften`` after ``RESENDS_PER_DAY`` requests within 24 hours, or more for other
    bookings of the same address. The lock on the booking makes simultaneous requests count one after the
    other.
    """
    locked = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    if after and after != str(locked.mailings):
        return
    admits = locked.tickets.filter(status=TicketStatus.VALID)
    # Whoever was erased has no address any more.
    if locked.status != BookingStatus.CONFIRMED or locked.erased_at or not admits.exists():
        raise NoTickets
    today = Resend.objects.filter(asked_at__gt=timezone.now() - timedelta(days=1))
    if today.filter(booking=locked).count() >= RESENDS_PER_DAY:
        raise TooOften
    namesakes = Booking.objects.alias(address=ADDRESS).filter(address=locked.email.lower())
    if today.filter(booking__in=namesakes).count() >= RESENDS_PER_ADDRESS:
        raise TooOften
    locked.resends.create()
    resend_mail(locked)
    locked.publish()
