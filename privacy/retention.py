"""Letting go of what nobody needs any more, a night at a time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from bookings.models import Booking, Entry, Event, Scan, WaitingEntry
from bookings.waiting_list.joining import forget
from payments.models import Subscription
from privacy.erasing import NotErasable, erase_bookings, erase_customer, undecided
from privacy.models import ClearedEvent
from privacy.redaction import Redactor
from receipts.models import Receipt

BATCH = 200  # bookings or accounts in one transaction
STEWARDS_KNOWN_FOR = timedelta(days=90)


def let_go() -> int:
    """Erase the names that are older than the settings allow, and return from how many bookings they went."""
    _blank_receipts()
    _forget_stewards()
    if not settings.RETENTION_MONTHS:
        return 0
    before = months_before(timezone.now(), settings.RETENTION_MONTHS)
    number = sum(_clear(event) for event in _due(before))
    _erase_accounts(before)
    return number


def months_before(at: datetime, months: int) -> datetime:
    """Return the same moment so many months earlier, on the 28th at the latest."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, 28))


def _due(before: datetime) -> list[Event]:
    """Return the events that ended before then and still have customers."""
    cleared = ClearedEvent.objects.filter(event=OuterRef("pk"))
    return list(Event.objects.filter(~Exists(cleared), ends_at__lt=before).order_by("ends_at"))


def _clear(event: Event) -> int:
    """Erase the customers of ``event``; while money of one is under way, the event stays due."""
    number, named = 0, Booking.objects.filter(event=event, erased_at=None)
    busy = set(undecided(named).values_list("pk", flat=True))
    while True:
        batch = list(named.exclude(pk__in=busy).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not batch:
            break
        with transaction.atomic():
            rows = Booking.objects.filter(pk__in=batch)
            words = {word for pair in rows.values_list("name", "email") for word in pair}
            erase_bookings(batch, Redactor(words - {""}))
        number += len(batch)
    forget(WaitingEntry.objects.filter(event=event))
    if not busy:
        ClearedEvent.objects.get_or_create(event=event)
    return number


def _erase_accounts(before: datetime) -> None:
    """Erase the accounts with no customer left, no membership, and no sign-in since ``before``."""
    named = Booking.objects.filter(customer=OuterRef("pk"), erased_at=None)
    member = Subscription.objects.current().filter(customer=OuterRef("pk"))
    idle = User.objects.filter(
        ~Exists(named), ~Exists(member), is_staff=False, is_superuser=False, is_active=True
    ).filter(Q(last_login__lt=before) | Q(last_login=None, date_joined__lt=before))
    for email in idle.exclude(email="").order_by("pk").values_list("email", flat=True)[:BATCH]:
        try:
            erase_customer(email)
        except NotErasable:
            continue


def _blank_receipts() -> int:
    """Take the buyers' names off receipts that nobody has to keep any more."""
    if not settings.RECEIPT_YEARS:
        return 0
    this_year = timezone.localtime().replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    # They are to be kept from the end of their year.
    before = this_year.replace(year=this_year.year - settings.RECEIPT_YEARS)
    number = 0
    named = Receipt.objects.filter(issued_at__lt=before).exclude(buyer="").order_by("issued_at")
    while batch := list(named.values_list("pk", flat=True)[:BATCH]):
        number += Receipt.objects.filter(pk__in=batch).update(buyer="", buyer_address="")
    return number


def _forget_stewards() -> int:
    """Take the names of those who stood at the door off what they did there; the scans stay."""
    before = timezone.now() - STEWARDS_KNOWN_FOR
    number = 0
    named = Scan.objects.filter(received_at__lt=before).exclude(person="").order_by()
    while batch := list(named.values_list("pk", flat=True)[:BATCH]):
        number += Scan.objects.filter(pk__in=batch).update(person="")
    for when, column in (("undone_at", "undone_by"), ("settled_at", "settled_by")):
        old = Entry.objects.filter(**{f"{when}__lt": before}, **{f"{column}__contains": ", "})
        for entry in old.select_related("event").prefetch_related("event__door_devices"):
            by = _device_in(getattr(entry, column), entry.event)
            Entry.objects.filter(pk=entry.pk).exclude(**{column: by}).update(**{column: by})
    return number


def _device_in(by: str, event: Event) -> str:
    """Return the name of the device in what it said of who used it: ``North, phone 2, Ada``."""
    names = sorted((device.name for device in event.door_devices.all()), key=len, reverse=True)
    return next((name for name in names if by == name or by.startswith(f"{name}, ")), by)
