from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField

from .booking import Booking
from .event import Event


class Announcement(models.Model):
    """What staff write to those who have tickets for an event. Each booking gets a copy by email, once."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="announcements")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    form_id = models.CharField(max_length=36, unique=True)
    subject = models.CharField(max_length=150)
    text = models.TextField(help_text=_("Blank lines separate paragraphs."))
    created_at = models.DateTimeField(auto_now_add=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("write_to_ticket_holders", "Can write to the ticket holders of an event")]
        constraints = [
            models.CheckConstraint(condition=~Q(subject="") & ~Q(text=""), name="announcement_says_something")
        ]

    def __str__(self) -> str:
        return self.subject


class CopyOutcome(models.TextChoices):
    """What became of a copy. What a dead worker was sending is unclear, and isn't sent again by itself."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    REFUSED = "refused", _("Rejected by the mail server")
    FAILED = "failed", _("Failed")
    UNCLEAR = "unclear", _("Possibly sent: connection lost")
    SKIPPED = "skipped", _("Skipped: tickets cancelled")
    STOPPED = "stopped", _("Stopped")


class CopyQuerySet(models.QuerySet["AnnouncementCopy"]):
    def due(self, at: datetime) -> Self:
        """Return those that are to be sent by ``at``."""
        return self.filter(Q(next_try_at=None) | Q(next_try_at__lte=at), outcome=CopyOutcome.WAITING)

    def refused(self) -> Self:
        """Return those that the mail server of the address has refused for good."""
        return self.filter(outcome=CopyOutcome.REFUSED)


class AnnouncementCopy(models.Model):
    """The email with an announcement to one booking: a row at once, so nobody is missed or gets two."""

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="copies")
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="announcement_copies")
    outcome = models.CharField(max_length=10, choices=CopyOutcome, default=CopyOutcome.WAITING)
    words = EvidenceField(blank=True, help_text=_("The mail server’s answer."))
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = CopyQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=CopyOutcome.values), name="announcement_copy_outcome_known"
            ),
            models.UniqueConstraint(fields=["announcement", "booking"], name="announcement_copy_once"),
        ]
        indexes = [
            models.Index(fields=["booking"], condition=Q(outcome="refused"), name="announcement_copy_refused")
        ]

    def __str__(self) -> str:
        return f"{self.announcement}, {self.booking}"
