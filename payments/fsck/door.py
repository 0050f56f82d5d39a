"""
Rules: who was let in, by which scan, and with which ticket.

That an entry has its scan, and a seat one open entry, are constraints of the database.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils import timezone

from bookings.door.devices.pairing import revoke
from bookings.door.passages import PASSED
from bookings.models import Device, Direction, Entry, Scan, TicketStatus, Verdict

from .batches import Batch
from .violations import Violation, rule, rule_in_batches_of

KEPT = timedelta(days=7)  # that a device may go on working after its last event


@rule_in_batches_of(Entry)
def entry_of_another_scan(batch: Batch) -> Iterator[Violation]:
    """The scan of an entry is one that lets in, with the ticket of the entry."""
    other = ~Q(scan__direction=Direction.IN) | (Q(ticket__isnull=False) & ~Q(scan__ticket=F("ticket")))
    for entry in batch.of(Entry.objects.filter(other)):
        yield Violation("entry_of_another_scan", _named(entry), "was made by a scan that isn't its own")


@rule_in_batches_of(Entry)
def entry_outside_its_event(batch: Batch) -> Iterator[Violation]:
    elsewhere = ~Q(scan__event=F("event")) | (Q(seat__isnull=False) & ~Q(seat__event=F("event")))
    for entry in batch.of(Entry.objects.filter(elsewhere)):
        yield Violation("entry_outside_its_event", _named(entry), "is of another event than its seat or scan")


@rule_in_batches_of(Entry)
def entry_with_a_void_ticket(batch: Batch) -> Iterator[Violation]:
    """Whoever was let in with a ticket that was stopped before is a conflict, until staff have settled it."""
    stopped = Entry.objects.counted().filter(ticket__stopped_at__lte=F("scan__corrected_at"))
    for entry in batch.of(stopped.exclude(ticket__status=TicketStatus.VALID)):
        yield Violation(
            "entry_with_a_void_ticket",
            _named(entry),
            "was let in with a ticket that had stopped being valid, and isn't a conflict",
        )


@rule_in_batches_of(Scan)
def admitted_without_an_entry(batch: Batch) -> Iterator[Violation]:
    """Whoever passed with a ticket has an entry, even where it is a conflict or was undone."""
    # A device without a network may have refused whom the server would have let in.
    passed = Q(was_offline=False) | Q(shown__in=PASSED[Direction.IN])
    admitted = Scan.objects.filter(passed, verdict=Verdict.ADMITTED, direction=Direction.IN)
    lost = admitted.filter(~Exists(Entry.objects.filter(scan=OuterRef("pk"))))
    for scan in batch.of(lost):
        yield Violation(
            "admitted_without_an_entry", f"scan {scan.nonce}", "let somebody in, but has no entry"
        )


@rule
def device_that_outlives_its_events() -> Iterator[Violation]:
    working = Device.objects.working(timezone.now()).annotate(over=Max("events__ends_at"))
    for device in working.filter(Q(over=None) | Q(over__lt=timezone.now() - KEPT)):
        yield Violation(
            "device_that_outlives_its_events",
            f"door device {device.pk} ({device.name})",
            "still works a week after its last event",
            partial(revoke, device),
        )


def _named(entry: Entry) -> str:
    return f"entry {entry.pk}"
