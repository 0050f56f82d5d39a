"""Go on a waiting list, confirm that the address is one's own, and leave it again."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from bookings.addresses.normal_form import comparable
from bookings.models import Area, Event, TicketType, WaitingEntry, WaitingMail, WaitingStatus
from bookings.seats.holds import release
from bookings.seats.kept import enqueue, offer_end, plan
from bookings.waiting_list.mails import owe

UNCONFIRMED_A_DAY = 4  # Anybody can type somebody else's address, so few mails go there.
ASKED_AGAIN_AFTER = timedelta(minutes=10)


class NobodyWaits(Exception):
    """The event has no waiting list now: it isn't sold, or ends too soon."""


class PlacesFree(Exception):
    """There are free places that would do, so nobody needs to wait for them."""


def join(
    event: Event,
    *,
    name: str,
    email: str,
    language: str,
    quantity: int,
    area: Area | None = None,
    kind: TicketType | None = None,
) -> WaitingEntry | None:
    """
    Put somebody on the waiting list of ``event`` who has yet to confirm their address, and mail them how.

    Return None if the address is on it already, or was used too often today: a page must not tell the two
    apart from a new entry, as anybody may ask. Raise ``NobodyWaits`` or ``PlacesFree``.
    """
    now = timezone.now()
    if offer_end(event, now) is None:
        raise NobodyWaits
    entry = WaitingEntry(
        event=event, name=name, email=email, language=language, quantity=quantity, area=area, type=kind
    )
    waiting = WaitingEntry.objects.filter(event=event).in_line(now)
    if any(fits is entry for fits, _area, _type in plan(event, [*waiting, entry])):
        raise PlacesFree
    of_address = WaitingEntry.objects.of_addresses([comparable(email)])
    today = of_address.filter(status=WaitingStatus.UNCONFIRMED, created_at__gt=now - timedelta(days=1))
    if today.count() >= UNCONFIRMED_A_DAY:
        return None
    try:
        with transaction.atomic():
            entry.save()
            owe(entry, WaitingMail.CONFIRM)
    except IntegrityError:
        if known := of_address.open().filter(event=event).first():
            _ask_again(known)
        return None
    return entry


@transaction.atomic
def _ask_again(known: WaitingEntry) -> None:
    """Mail somebody once more how to confirm their address, if they haven't after a while."""
    entry = WaitingEntry.objects.select_for_update(no_key=True).get(pk=known.pk)
    was_long_ago = entry.mailed_at and entry.mailed_at < timezone.now() - ASKED_AGAIN_AFTER
    if entry.status == WaitingStatus.UNCONFIRMED and was_long_ago:
        owe(entry, WaitingMail.CONFIRM)


@transaction.atomic
def confirm(entry: WaitingEntry) -> bool:
    """Let somebody wait who has shown that the address is theirs; return whether they hadn't before."""
    unconfirmed = WaitingEntry.objects.filter(pk=entry.pk, status=WaitingStatus.UNCONFIRMED)
    if not unconfirmed.update(status=WaitingStatus.WAITING, waiting_since=timezone.now(), mail_owed=""):
        return False
    enqueue(entry.event)
    return True


@transaction.atomic
def leave(entry: WaitingEntry, *, status: WaitingStatus = WaitingStatus.LEFT) -> bool:
    """
    Take somebody off the list, so that their offer goes to the next; return whether they were on it.

    Who is paying isn't taken off: their booking can be cancelled.
    """
    locked = WaitingEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if not locked.is_open or locked.status == WaitingStatus.PAYING:
        return False
    end(locked, status)
    return True


@transaction.atomic
def forget(entries: QuerySet[WaitingEntry]) -> None:
    """Delete ``entries``: what was offered goes to the next, and what was bought stays bought."""
    for entry in list(entries.select_for_update(no_key=True).order_by("pk")):
        booking = entry.booking if entry.status == WaitingStatus.OFFERED else None
        entry.delete()
        if booking:
            release(booking)


def end(entry: WaitingEntry, status: WaitingStatus) -> None:
    """End an ``entry``, which the caller has locked, and free what it was offered and hasn't bought."""
    booking = entry.booking
    if status != WaitingStatus.BOUGHT:
        entry.booking = None
    entry.status, entry.ended_at, entry.mail_owed = status, timezone.now(), ""
    entry.save(update_fields=["booking", "status", "ended_at", "mail_owed"])
    if booking and entry.booking is None:
        release(booking)
