"""
The statements of an ordinary scan, compiled once: a queue of guests waits for each.

They are read in this order: the device and its events, the seat that is locked, the ticket, the seat's scans.
"""

from django.db.models import Q
from django.utils import timezone

from bookings.models import Device, Event, Scan, Seat, Ticket, Verdict
from config.database.compiled import CompiledQuery

# By the hash of its secret.
DEVICE = CompiledQuery(lambda: Device.objects.exclude(paired_at=None).filter(revoked_at=None, secret_hash=""))
# By the device.
EVENTS = CompiledQuery(lambda: Event.objects.filter(door_devices=0).order_by("starts_at", "pk"))
# By the ticket's code; it is locked as it is read.
SEAT = CompiledQuery(lambda: Seat.objects.filter(tickets__code="x").locking())
# By the ticket's code.
TICKET = CompiledQuery(
    lambda: (
        Ticket.objects.with_kinds()
        .select_related("booking", "seat__event", "seat__area")
        .defer("qr_png")
        .filter(code="x")
        .order_by()
    )
)
# By ``PASSING``, a time and the seat; of scans by which nobody passed only those since that time.
PASSING = (Verdict.ADMITTED.value, Verdict.LEFT.value)
SCANS = CompiledQuery(
    lambda: (
        Scan.objects.filter(
            Q(was_offline=True) | Q(verdict__in=PASSING) | Q(received_at__gt=timezone.now()), ticket__seat=0
        )
        .select_related("ticket__booking", "entry")
        .defer("ticket__qr_png")
        .order_by("pk")
    )
)
