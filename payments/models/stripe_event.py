import json
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from bookings.fields import EvidenceField
from config.database.compiled import execute
from payments.durations import EVENT_RETRY_AFTER
from payments.mode import is_live

from .payment import Payment
from .subscription import Subscription

Owner = Payment | Subscription


class Outcome(models.TextChoices):
    """Whether a received event was applied."""

    RECEIVED = "received", _("Received")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Ignored")
    FAILED = "failed", _("Failed")


DECIDED = (Outcome.APPLIED, Outcome.IGNORED)
# What a delivery adds to an event that is here already: that there was one more, and its headers.
RECORD = """
    INSERT INTO payments_stripeevent
        (event_id, type, livemode, outcome, body, headers, deliveries, traceback, received_at, retry_at)
    VALUES (%s, %s, %s, 'received', %s, %s, %s, '', %s, %s)
    ON CONFLICT (event_id) DO UPDATE SET
        deliveries = payments_stripeevent.deliveries + EXCLUDED.deliveries,
        headers = CASE EXCLUDED.deliveries WHEN 0 THEN payments_stripeevent.headers ELSE EXCLUDED.headers END
    RETURNING id, outcome, payment_id, subscription_id, received_at
"""
# The mark and the lock in one: the same event delivered at once waits here, and finds it decided.
DECIDE = """
    UPDATE payments_stripeevent
       SET outcome = %s, traceback = '', payment_id = %s, subscription_id = %s, decided_at = %s
     WHERE id = %s AND outcome NOT IN ('applied', 'ignored')
"""


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def of_this_mode(self) -> Self:
        """Return the events of our key's mode, or of an unknown one."""
        return self.exclude(livemode=not is_live())

    def decided(self) -> Self:
        """Return the events that nothing is owed for any more."""
        return self.filter(outcome__in=DECIDED)

    def to_retry(self, at: datetime) -> Self:
        """Return the events that are to be tried again by ``at``: they failed, or their process died."""
        undecided = [Outcome.RECEIVED, Outcome.FAILED]
        return self.of_this_mode().filter(outcome__in=undecided, retry_at__lte=at).order_by("retry_at")

    def set_aside_of_test_mode(self) -> int:
        """Let the events of test mode that weren't applied rest, if the key is live; return how many."""
        undone = self.filter(outcome__in=[Outcome.RECEIVED, Outcome.FAILED], livemode=False)
        return undone.update(outcome=Outcome.IGNORED, retry_at=None) if is_live() else 0

    def record(
        self, event: dict[str, Any], *, body: str, headers: dict[str, str], is_delivery: bool
    ) -> "StripeEvent":
        """
        Return the row of ``event``, which is created unless it was received before, without its body.

        ``is_delivery`` is False for an event that was read from Stripe's list.
        """
        now = timezone.now()
        mode = event.get("livemode")
        livemode = mode if isinstance(mode, bool) else None
        row = StripeEvent(event_id=event["id"], type=event["type"], livemode=livemode)
        facts = [row.event_id, row.type, row.livemode, body, Jsonb(headers), int(is_delivery)]
        with execute(RECORD, [*facts, now, now + EVENT_RETRY_AFTER]) as cursor:
            row.pk, row.outcome, row.payment_id, row.subscription_id, row.received_at = cursor.fetchone()
        row._state.adding = False
        return row


class StripeEvent(models.Model):
    """A verified event from Stripe, committed before its effects, and kept if these fail."""

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    livemode = models.BooleanField(null=True, blank=True, help_text=_("Live mode."))
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="stripe_events")
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, null=True, blank=True, related_name="stripe_events"
    )
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RECEIVED)
    body = models.TextField(help_text=_("The signed body, as received."))
    headers = models.JSONField(default=dict)
    deliveries = models.PositiveIntegerField(default=1, help_text=_("None: found in Stripe's list."))
    traceback = EvidenceField(blank=True)
    reason = EvidenceField(
        blank=True,
        db_default="",
        help_text=_("Why it was ignored, if not because of its type."),
    )
    received_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True, help_text=_("Next try, unless processed before."))

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Stripe event")
        ordering = ["-received_at"]
        indexes = [
            models.Index(
                fields=["retry_at"],
                condition=Q(outcome__in=["received", "failed"]),
                name="stripe_event_undone",
            ),
            # Staff's list begins with the newest, and is filtered by type.
            models.Index(fields=["-received_at", "-id"], name="stripe_event_newest"),
            models.Index(fields=["type", "-received_at", "-id"], name="stripe_event_of_type"),
        ]
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
    def is_owned(self) -> bool:
        """Whether it was found out whose it is."""
        return bool(self.payment_id or self.subscription_id)

    @property
    def is_of_other_mode(self) -> bool:
        """Whether it is about test mode though our key is live, or the other way round."""
        return self.livemode is not None and self.livemode != is_live()

    @property
    def is_decided(self) -> bool:
        return self.outcome in DECIDED

    def decide(self, outcome: Outcome, owner: Owner | None) -> bool:
        """
        Save the outcome of this event, in the transaction that applies it; return False if it has one.

        Whoever applies the same event at once waits here for that transaction to end.
        """
        owners = [row.pk if row else None for row in _owner_fields(owner)]
        with execute(DECIDE, [outcome.value, *owners, timezone.now(), self.pk]) as cursor:
            return bool(cursor.rowcount)

    def give_to(self, owner: Owner | None) -> None:
        """Save whose this event has turned out to be."""
        self.payment, self.subscription = _owner_fields(owner)
        self.save(update_fields=["payment", "subscription"])

    def fail(self, traceback: str, owner: Owner | None) -> bool:
        """Save why this event couldn't be applied, and whose it is; return False if it is decided by now."""
        now = timezone.now()
        # Ever more rarely: after half of the time that it has waited.
        retry_at = now + max(EVENT_RETRY_AFTER, (now - self.received_at) / 2)
        payment, subscription = _owner_fields(owner)
        undecided = StripeEvent.objects.filter(pk=self.pk).exclude(outcome__in=DECIDED)
        failed = undecided.update(
            outcome=Outcome.FAILED,
            payment=payment,
            subscription=subscription,
            traceback=traceback,
            retry_at=retry_at,
        )
        return bool(failed)


def _owner_fields(owner: Owner | None) -> tuple[Payment | None, Subscription | None]:
    if isinstance(owner, Subscription):
        return None, owner
    return owner, None
