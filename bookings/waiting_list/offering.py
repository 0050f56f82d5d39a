"""
Offer places that came back to those who wait, in their order, and end what has run out.

An offer holds its places like any other hold: in a booking, which has no payment until its customer begins to
pay. So nobody else can have them, whatever happens.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from bookings.models import (
    BookedSeat,
    Event,
    SaleStatus,
    Seat,
    TicketType,
    WaitingEntry,
    WaitingMail,
    WaitingStatus,
)
from bookings.orders.buyers import Buyer
from bookings.orders.prices import TypedSeat, price_seats
from bookings.orders.types import TypeSoldOut, lock_quotas
from bookings.orders.wishes import Wish
from bookings.seats.best_available import are_adjacent
from bookings.seats.kept import offer_end, plan
from bookings.seats.occupying import occupy
from bookings.waiting_list.joining import end
from bookings.waiting_list.mails import owe
from waiting.publishing import publish_all

logger = logging.getLogger(__name__)

OVER = (SaleStatus.CLOSED, SaleStatus.CALLED_OFF, SaleStatus.OVER)
CONFIRM_WITHIN = timedelta(days=2)
KEPT_FOR = timedelta(days=30)  # after the event


def look_after_all() -> None:
    """Look after every waiting list, each in a transaction of its own, and let go of what is long over."""
    for event in Event.objects.filter(waiting_entries__in=WaitingEntry.objects.open()).distinct():
        try:
            look_after(event.pk)
        except Exception:  # The lists of the other events are looked after all the same.
            logger.exception("the waiting list of %s can't be looked after", event)
    now = timezone.now()
    unconfirmed = WaitingEntry.objects.filter(status=WaitingStatus.UNCONFIRMED)
    unconfirmed.filter(created_at__lt=now - CONFIRM_WITHIN).delete()
    ended = WaitingEntry.objects.exclude(pk__in=WaitingEntry.objects.open().values("pk"))
    ended.filter(event__ends_at__lt=now - KEPT_FOR).delete()


@transaction.atomic
def look_after(event_id: int) -> None:
    """
    End the offers of an event that have run out, and offer what is free to those who are next.

    However many do this at once, each free place is offered once. Rows are locked in one order: entries,
    bookings, seats.
    """
    _take_turns(event_id)
    event, now = Event.objects.get(pk=event_id), timezone.now()
    entries = WaitingEntry.objects.filter(event=event).open().select_related("booking").order_by("pk")
    for entry in entries.select_for_update(no_key=True, of=("self",)):
        if status := _outcome(entry, event, now):
            end(entry, status)
    if until := offer_end(event, now):
        waiting = WaitingEntry.objects.filter(event=event).in_line(now)
        for entry, area_id, kind in list(plan(event, list(waiting))):
            _offer(event, entry, area_id, kind, until=entry.offered_until or until)


def _take_turns(event_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"waiting_list:{event_id}"])


def _outcome(entry: WaitingEntry, event: Event, now: datetime) -> WaitingStatus | None:
    """Return how ``entry`` has ended by now, if it has."""
    if entry.status == WaitingStatus.PAYING:
        return WaitingStatus.BOUGHT if entry.booking and entry.booking.confirmed_at else None
    if event.sale in OVER:
        return WaitingStatus.ENDED
    if entry.offered_until and entry.offered_until <= now:
        return WaitingStatus.RAN_OUT
    return None


def _offer(
    event: Event, entry: WaitingEntry, area_id: int | None, kind: TicketType | None, *, until: datetime
) -> None:
    """
    Hold places in the area for ``entry`` until then, and mail the offer, unless it was mailed before.

    If others are just taking some, nothing is offered: the next job looks again.
    """
    seats = _lock_places(event, area_id, entry.quantity)
    if not seats:
        return
    try:
        lock_quotas([kind], Wish(quantity=entry.quantity, type=kind.slug if kind else ""))
    except TypeSoldOut:
        return
    buyer = Buyer(name=entry.name, email=entry.email, language=entry.language)
    wanted = [TypedSeat(seat, kind) for seat in seats]
    prices = price_seats(event, wanted, buyer, code=None, is_presale=False)
    booking = event.bookings.create(
        name=entry.name, email=entry.email, language=entry.language, held_until=until
    )
    occupy(BookedSeat.objects.bulk_create(priced.booked_by(booking) for priced in prices))
    is_new = entry.offered_until is None
    entry.status, entry.booking, entry.offered_until = WaitingStatus.OFFERED, booking, until
    entry.save(update_fields=["status", "booking", "offered_until"])
    if is_new:
        owe(entry, WaitingMail.OFFER)
    publish_all([*booking.topics, event.topic])


def _lock_places(event: Event, area_id: int | None, quantity: int) -> Sequence[Seat]:
    """Lock so many free places of an area, beside each other if there are such; none if there are fewer."""
    free = event.seats.free().filter(area=area_id).in_row_order()
    seats = list(free.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    if len(seats) < quantity:
        return []
    runs = (seats[start : start + quantity] for start in range(len(seats) - quantity + 1))
    return next((run for run in runs if are_adjacent(run)), seats[:quantity])
