from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField
from bookings.models.event import Event
from bookings.models.ticket import Ticket

from .device import Device


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")


class ScanKind(models.TextChoices):
    """How a ticket was read."""

    CODE = "code", _("Camera")
    HID = "hid", _("Scanner")
    TYPED = "typed", _("Typed")
    NAME = "name", _("Found by name")
    GROUP = "group", _("With the booking")


class Verdict(models.TextChoices):
    """
    What a scan comes to: the first that is true.

    ``AGAIN`` is the same ticket on the same device within five seconds. ``LEFT`` and ``NOT_INSIDE`` are of
    scans out.
    """

    INVALID = "invalid", _("Not one of our tickets")
    UNKNOWN = "unknown", _("Ticket not known")
    WRONG_EVENT = "wrong_event", _("Another event")
    REPLACED = "replaced", _("Replaced")
    VOID = "void", _("Not valid")
    SUSPENDED = "suspended", _("Box office")
    NOT_YET = "not_yet", _("Doors not open yet")
    OVER = "over", _("Event is over")
    AGAIN = "again", _("Same ticket, already in")
    INSIDE = "inside", _("Already inside")
    ADMITTED = "admitted", _("Welcome")
    LEFT = "left", _("Left")
    NOT_INSIDE = "not_inside", _("Wasn’t inside")


class Scan(models.Model):
    """
    One attempt at the door. It is a fact, and never changed or dropped.

    The device made up ``nonce``, so that what it sends twice is stored once; ``content`` is the SHA-256 of
    what it sent, in hex. ``scanned_at`` is its clock, ``corrected_at`` the same by ours. ``digest`` is that
    of the ticket's code (``bookings.tickets.tokens.digest``), empty if none was readable. ``shown`` is what
    the device told the person before it had an answer, ``verdict`` what the server says.
    """

    nonce = models.UUIDField(unique=True)
    content = models.CharField(max_length=64)
    device = models.ForeignKey(Device, models.PROTECT, related_name="scans")
    person = models.CharField(max_length=100, blank=True)
    gate = models.CharField(max_length=60, blank=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="scans", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="scans")
    digest = models.CharField(max_length=24, blank=True)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.IN)
    kind = models.CharField(max_length=5, choices=ScanKind, default=ScanKind.CODE)
    scanned_at = models.DateTimeField()
    corrected_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    was_offline = models.BooleanField(default=False)
    shown = models.CharField(max_length=12, choices=Verdict, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict)
    note = EvidenceField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(direction__in=Direction.values), name="scan_direction_known"),
            models.CheckConstraint(condition=Q(kind__in=ScanKind.values), name="scan_kind_known"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="scan_verdict_known"),
            models.CheckConstraint(condition=Q(shown__in=["", *Verdict.values]), name="scan_shown_known"),
            models.CheckConstraint(
                condition=Q(verdict__in=["invalid", "unknown", "wrong_event"])
                | Q(ticket__isnull=False)
                | Q(verdict="admitted") & ~Q(note=""),
                name="scan_of_a_ticket_knows_it",
            ),
        ]
        indexes = [models.Index(fields=["event", "corrected_at"], name="scan_of_event")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.nonce})"
