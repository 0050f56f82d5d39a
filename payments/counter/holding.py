"""Hold places at the counter for two minutes, while their customer pays or makes up their mind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bookings.models import (
    Booking,
    BookingStatus,
    Event,
    EventStatus,
    SaleStatus,
    WaitingEntry,
    WaitingStatus,
)
from bookings.orders.buyers import Buyer
from bookings.orders.visitors import Visitor, digest
from bookings.orders.wishes import Wish
from bookings.seats.holds import NotOnSale, hold, release
from payments.counter.selling import NotHeld
from payments.models import CounterSale, Payment

HELD_FOR = timedelta(minutes=2)
# The sweep runs every 20 s. What is still held so long after its end, nobody will end.
ENDED_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Whom it is sold to, as far as they say: tickets are mailed to ``email`` in ``language``."""

    name: str = ""
    email: str = ""
    language: str = settings.LANGUAGE_CODE


NOBODY = Customer()


@transaction.atomic
def hold_at_counter(event: Event, seller: User, wish: Wish, *, attempt: str) -> Booking:
    """
    Hold what ``wish`` asks for, what the house holds back included, and return the booking.

    A page that is sent twice holds once: requests with the same ``attempt`` have one booking, sold by now or
    not. Raise what ``bookings.seats.holds.hold`` raises.
    """
    visitor = _visitor(seller, attempt)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [visitor.network])
    if earlier := _earlier(visitor.network):
        return earlier
    return _hold(event, wish, visitor)


@transaction.atomic
def hold_otherwise(booking: Booking, wish: Wish, customer: Customer = NOBODY) -> Booking:
    """
    Hold what ``wish`` asks for in place of ``booking``, which is let go, and return the new booking.

    ``customer`` is whom it is for, as far as they have said so far.

    Raise ``NotHeld``, or what ``bookings.seats.holds.hold`` raises; then all stays as it is.
    """
    locked = lock_held(booking)
    visitor = Visitor(browser=locked.browser, network=locked.network)
    locked.event = booking.event
    release(locked)
    return _hold(booking.event, wish, visitor, customer)


def let_go(booking: Booking) -> bool:
    """End a hold before its time; False if it was sold or over."""
    with transaction.atomic():
        try:
            return release(lock_held(booking))
        except NotHeld:
            return False


def lapsed_holds(at: datetime) -> QuerySet[Booking]:
    """
    Return the holds of the counter that were to end before ``at``.

    All others have a payment, or are an offer to somebody on the waiting list.
    """
    own, offer = Payment.objects.filter(booking=OuterRef("pk")), _offers().filter(booking=OuterRef("pk"))
    held = Booking.objects.filter(status=BookingStatus.HELD, held_until__lt=at)
    return held.filter(~Exists(own), ~Exists(offer)).order_by("pk")


def holds_of(seller: User, currency: str) -> QuerySet[Booking]:
    """Return what ``seller`` holds at the counter at this moment, for events in ``currency``."""
    return Booking.objects.filter(
        browser=_seller_digest(seller),
        status=BookingStatus.HELD,
        held_until__gt=timezone.now(),
        payments=None,
        event__currency=currency,
    )


def lock_held(booking: Booking) -> Booking:
    """
    Lock a hold of the counter until the transaction ends, and return it; raise ``NotHeld``.

    What is being paid online is no hold of the counter, even if it began as one, and an offer never was.
    """
    locked = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    is_offer = _offers().filter(booking=locked).exists()
    if locked.status != BookingStatus.HELD or is_offer or locked.payments.exists():
        raise NotHeld
    return locked


def lock_for_sale(booking: Booking) -> Booking:
    """
    Lock a hold of the counter that is to be sold, and return it with its event as that is by now.

    Raise ``NotHeld``, or ``NotOnSale`` if the event was called off meanwhile.
    """
    locked = lock_held(booking)
    locked.event = Event.objects.get(pk=locked.event_id)
    if locked.event.status == EventStatus.CANCELLED:
        raise NotOnSale(SaleStatus.CALLED_OFF)
    return locked


def _offers() -> QuerySet[WaitingEntry]:
    """Return the entries of waiting lists whose places are held for whoever waits."""
    return WaitingEntry.objects.filter(status=WaitingStatus.OFFERED)


def _hold(event: Event, wish: Wish, visitor: Visitor, customer: Customer = NOBODY) -> Booking:
    buyer = Buyer(
        name=customer.name,
        email=customer.email,
        language=customer.language,
        visitor=visitor,
        is_house=True,
    )
    return hold(event, buyer, wish, until=timezone.now() + HELD_FOR)


def _visitor(seller: User, attempt: str) -> Visitor:
    """
    Return whose hold it is, in the place of a customer's browser and network.

    They are digests of other kinds, so that no customer's limit counts them; they are kept while it is held.
    """
    return Visitor(browser=_seller_digest(seller), network=digest("attempt", f"{seller.pk}:{attempt}"))


def _seller_digest(seller: User) -> str:
    return digest("seller", str(seller.pk))


def _earlier(attempt: str) -> Booking | None:
    held = Booking.objects.filter(network=attempt, status=BookingStatus.HELD).first()
    if held:
        return held
    sale = CounterSale.objects.select_related("booking").filter(attempt=attempt).first()
    return sale.booking if sale else None
