from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField

from .booking import Booking
from .event import Event


class ChangeKind(models.TextChoices):
    """What has happened to an event that its ticket holders must know."""

    MOVED = "moved", _("Rescheduled")
    CALLED_OFF = "called_off", _("Cancelled")


class EventChangeQuerySet(models.QuerySet["EventChange"]):
    def newest_of(self, event: Event) -> "EventChange | None":
        return self.filter(event=event).order_by("-pk").first()


class EventChange(models.Model):
    """
    An event that was moved or called off: what it was before, who did it, when and why.

    ``form_id`` makes a form that is sent twice one change. ``reason`` is what customers read. Until
    ``returnable_until``, who booked before the change can return tickets in full.
    """

    form_id = models.CharField(max_length=36, unique=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=ChangeKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, help_text=_("Shown to customers."))
    at = models.DateTimeField(auto_now_add=True)
    starts_before = models.DateTimeField()
    ends_before = models.DateTimeField()
    venue_before = models.CharField(max_length=200)
    starts_after = models.DateTimeField()
    ends_after = models.DateTimeField()
    venue_after = models.CharField(max_length=200)
    returnable_until = models.DateTimeField(null=True, blank=True)

    objects = EventChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("move_event", _("Can reschedule events")),
            ("call_off_event", _("Can cancel events")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="event_change_kind_known"),
            models.CheckConstraint(
                condition=Q(ends_after__gt=F("starts_after")), name="event_change_ends_later"
            ),
            # Calling off is the end.
            models.UniqueConstraint(
                fields=["event"], condition=Q(kind="called_off"), name="event_called_off_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.get_kind_display()}"


class NoticeOutcome(models.TextChoices):
    """What was done for a booking when its event changed."""

    DONE = "done", _("Done")
    FAILED = "failed", _("Needs attention")
    REFUSED = "refused", _("Done, but the email was rejected")


class EventNoticeQuerySet(models.QuerySet["EventNotice"]):
    def unmailed(self) -> Self:
        return self.filter(mailed_at=None, outcome=NoticeOutcome.DONE)


class EventNotice(models.Model):
    """
    A booking that was dealt with because its event changed, and whether its customer was told by mail.

    ``amount`` goes back because of it; ``words`` say what else was done, or why staff must look.
    """

    change = models.ForeignKey(EventChange, models.PROTECT, related_name="notices")
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="event_notices")
    outcome = models.CharField(max_length=10, choices=NoticeOutcome)
    amount = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Refund, in the currency's minor unit.")
    )
    words = EvidenceField(blank=True)
    at = models.DateTimeField(auto_now_add=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = EventNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["change", "booking"], name="event_notice_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=NoticeOutcome.values), name="event_notice_outcome_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(mailed_at=None, outcome="done"), name="event_notice_unmailed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.change}, {self.booking}"
