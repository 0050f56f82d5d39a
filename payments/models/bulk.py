from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField

from .payment import Payment
from .staff_action import Action
from .stripe_event import StripeEvent


class ItemOutcome(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    UNCHANGED = "unchanged", _("Done, nothing changed")
    CHANGED = "changed", _("Changed")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class BulkRun(models.Model):
    """One action of staff on many payments or events, which the worker does one by one."""

    action = models.CharField(max_length=20, choices=Action)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    form_id = models.CharField(max_length=36, unique=True)
    reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    action__in=[Action.ASK, Action.REPLAY, Action.RESEND, Action.END_TEST, Action.RELEASE]
                ),
                name="bulk_run_action_known",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="bulk_run_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} ({self.created_at:%Y-%m-%d %H:%M})"


class BulkItem(models.Model):
    """One payment or event of a run, and the outcome."""

    run = models.ForeignKey(BulkRun, models.PROTECT, related_name="items")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    stripe_event = models.ForeignKey(StripeEvent, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=ItemOutcome, default=ItemOutcome.WAITING)
    words = EvidenceField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=ItemOutcome.values), name="bulk_item_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(stripe_event__isnull=False),
                name="bulk_item_is_about_something",
            ),
            models.UniqueConstraint(fields=["run", "payment"], name="bulk_item_payment_once"),
            models.UniqueConstraint(fields=["run", "stripe_event"], name="bulk_item_event_once"),
        ]

    def __str__(self) -> str:
        return str(self.payment or self.stripe_event)
