import json
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .payment import Payment


class Outcome(models.TextChoices):
    """What became of a received event."""

    RECEIVED = "received", _("Received, not applied yet")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Of a type that changes nothing here")
    FAILED = "failed", _("Could not be applied")


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def record(self, event: dict[str, Any], *, body: str, headers: dict[str, str]) -> "StripeEvent":
        """Return the one row of ``event``, counting this delivery; the body kept is the first one's."""
        row, created = self.get_or_create(
            event_id=event["id"],
            defaults={
                "type": event["type"],
                "body": body,
                "headers": headers,
            },
        )
        if not created:
            self.filter(pk=row.pk).update(deliveries=F("deliveries") + 1, headers=headers)
        return row


class StripeEvent(models.Model):
    """A verified event from Stripe: evidence, committed before its effects and kept whatever they do."""

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="stripe_events")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RECEIVED)
    body = models.TextField(help_text=_("As it was signed; jsonb can't hold everything that JSON can."))
    headers = models.JSONField(default=dict)
    deliveries = models.PositiveIntegerField(default=1)
    traceback = models.TextField(blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Stripe event")
        ordering = ["-received_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="stripe_event_outcome_known"
            ),
            models.CheckConstraint(
                condition=~Q(traceback="") | ~Q(outcome=Outcome.FAILED), name="stripe_event_failed_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.event_id})"

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def is_decided(self) -> bool:
        return self.outcome in (Outcome.APPLIED, Outcome.IGNORED)

    def decide(self, outcome: Outcome, payment: Payment | None) -> None:
        """Mark what became of this event; for the transaction that holds its lock."""
        self.outcome, self.payment, self.traceback = outcome, payment, ""
        self.decided_at = timezone.now()
        self.save(update_fields=["outcome", "payment", "traceback", "decided_at"])

    def fail(self, traceback: str) -> None:
        """Keep why applying this event failed, unless another delivery has applied it meanwhile."""
        undecided = StripeEvent.objects.filter(pk=self.pk).exclude(
            outcome__in=[Outcome.APPLIED, Outcome.IGNORED]
        )
        undecided.update(outcome=Outcome.FAILED, traceback=traceback)
