from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.event import Event
from bookings.models.seat import Seat
from bookings.models.ticket import Ticket

from .scan import Scan


class Conflict(models.TextChoices):
    """Why an entry that was made without a network doesn't fit what the server knows."""

    TWO_DEVICES = "two_devices", _("Admitted on two devices")
    WAS_VOID = "was_void", _("Ticket wasn’t valid")
    RESOLD = "resold", _("Seat was sold again")
    YOUNGER = "younger", _("Ticket not known")


OPEN = Q(left_at=None, undone_at=None, conflict="")


class EntryQuerySet(models.QuerySet["Entry"]):
    def open(self) -> Self:
        """Return the entries of people who are inside: at most one a seat."""
        return self.filter(OPEN)

    def counted(self) -> Self:
        """Return the entries that happened, those of people who have left included."""
        return self.filter(undone_at=None, conflict="")

    def of_guest(self, ticket: Ticket) -> Self:
        """Return who came in with ``ticket``, or with one of its booking that it replaced."""
        return self.filter(seat=ticket.seat_id, ticket__booking=ticket.booking_id, undone_at=None)

    def unsettled(self) -> Self:
        """Return the conflicts that nobody has settled."""
        return self.exclude(conflict="").filter(settled_at=None, undone_at=None)


class Entry(models.Model):
    """
    Somebody let in on a seat with a ticket, by a scan.

    It is open until ``left_at`` or ``undone_at``. One with a ``conflict`` is never open: somebody was let in
    without a network, and somebody else has the seat, or nobody should. Staff settle it. Only one with
    ``YOUNGER`` has no seat and no ticket: our key has signed a ticket that isn't here.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="entries", db_index=False)
    seat = models.ForeignKey(Seat, models.PROTECT, null=True, blank=True, related_name="entries")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, blank=True, related_name="entries")
    scan = models.OneToOneField(Scan, models.PROTECT, related_name="entry")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_scan = models.ForeignKey(
        Scan, models.PROTECT, null=True, blank=True, related_name="left_entries", db_index=False
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True)
    undone_why = models.CharField(max_length=500, blank=True)
    conflict = models.CharField(max_length=12, choices=Conflict, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=200, blank=True)
    settled_how = models.CharField(max_length=500, blank=True)
    # Set by the database with each change, whatever changes it.
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=OPEN, name="entry_one_open_a_seat"),
            models.CheckConstraint(
                condition=Q(conflict__in=["", *Conflict.values]), name="entry_conflict_known"
            ),
            models.CheckConstraint(
                condition=Q(seat__isnull=False, ticket__isnull=False)
                | Q(seat=None, ticket=None, conflict="younger"),
                name="entry_has_a_seat",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, left_scan=None) | Q(left_at__isnull=False, left_scan__isnull=False),
                name="entry_left_by_a_scan",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("entered_at")), name="entry_left_after_it"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | ~Q(undone_by=""), name="entry_undone_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | ~Q(settled_by="") & ~Q(settled_how=""),
                name="entry_settled_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["event", "entered_at"], name="entry_of_event"),
            models.Index(fields=["event"], condition=OPEN, name="entry_open"),
            models.Index(fields=["event", "changed_at"], name="entry_changed"),
            models.Index(
                fields=["event"],
                condition=~Q(conflict="") & Q(settled_at=None, undone_at=None),
                name="entry_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat} {self.entered_at:%H:%M}"

    @property
    def is_open(self) -> bool:
        return self.left_at is None and self.undone_at is None and not self.conflict
