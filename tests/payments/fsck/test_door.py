"""What fsck finds at the door; what the database forbids itself is in the tests of its models."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from bookings.models import Conflict, Device, Entry, Event, Scan, Ticket
from payments.fsck import inspect
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.at_the_door.rows import make_entry, make_row_of_device, make_scan
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid; A-1 was let in an hour ago."""
    make_event()
    purchase = box_office.sell()
    make_entry(ticket_of("A-1"), timezone.now() - timedelta(hours=1))
    return purchase


def ticket_of(label: str) -> Ticket:
    return Ticket.objects.select_related("seat__event", "booking").get(seat__label=label)


def rules() -> list[str]:
    return [finding.rule for finding in inspect()]


def of_another_scan() -> None:
    Scan.objects.update(direction="out")


def of_another_ticket() -> None:
    Scan.objects.update(ticket=ticket_of("A-2"))


def outside_its_event() -> None:
    Entry.objects.update(event=make_event(slug="other"))


def scanned_elsewhere() -> None:
    Scan.objects.update(event=make_event(slug="other"))


def void_before_it() -> None:
    stopped = timezone.now() - timedelta(hours=2)
    Ticket.objects.filter(seat__label="A-1").update(
        status="suspended", stopped_for="disputed", stopped_at=stopped
    )


def lost_entry() -> None:
    make_scan(ticket_of("A-2"), timezone.now())


def lost_entry_of_an_offline_scan() -> None:
    make_scan(ticket_of("A-2"), timezone.now(), was_offline=True, shown="admitted")


def immortal_device() -> None:
    over = timezone.now() - timedelta(days=8)
    times = {"starts_at": over - timedelta(hours=2), "ends_at": over}
    times |= {"sales_from": over - timedelta(days=2), "sales_until": over - timedelta(days=1)}
    Event.objects.update(**times, cancellable_until=None, doors_open_at=None)


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (of_another_scan, "entry_of_another_scan"),
        (of_another_ticket, "entry_of_another_scan"),
        (outside_its_event, "entry_outside_its_event"),
        (scanned_elsewhere, "entry_outside_its_event"),
        (void_before_it, "entry_with_a_void_ticket"),
        (lost_entry, "admitted_without_an_entry"),
        (lost_entry_of_an_offline_scan, "admitted_without_an_entry"),
        (immortal_device, "device_that_outlives_its_events"),
    ],
)
def test_what_does_not_fit_is_found(break_it: Callable[[], None], rule: str, sold: Purchase) -> None:
    assert rules() == []

    break_it()

    assert rule in rules()


def test_what_is_in_order_is_not_found(sold: Purchase) -> None:
    entry, now = Entry.objects.get(), timezone.now()
    # A refund after the entry, one who was refused by a device alone, a conflict, and one that was undone.
    request_refund(sold.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[ticket_of("A-1")])
    make_scan(ticket_of("A-2"), now, was_offline=True, shown="void", device=entry.scan.device)
    make_entry(ticket_of("A-1"), now, conflict=Conflict.WAS_VOID)
    make_entry(ticket_of("A-2"), now, undone_at=now, undone_by="x")

    assert rules() == []


def test_devices_that_outlive_their_events_are_revoked(sold: Purchase) -> None:
    revoked = make_row_of_device(revoked_at=timezone.now())
    lost = make_row_of_device()
    out = StringIO()

    call_command("fsck", "--fix", stdout=out)

    assert f"door device {lost.pk}" in out.getvalue()
    assert f"door device {revoked.pk}" not in out.getvalue()
    assert not Device.objects.get(pk=lost.pk).is_working
