import re
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from bookings.references import REFERENCE, new_reference
from waiting.announcements import announce

SESSION_ID = re.compile(r"cs_[A-Za-z0-9_]{1,250}")


class PaymentStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    PROCESSING = "processing", _("Processing")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    REFUND_DUE = "refund_due", _("Refund due")
    REFUNDED = "refunded", _("Refunded")
    PARTIALLY_REFUNDED = "partially_refunded", _("Partially refunded")
    DISPUTED = "disputed", _("Disputed")


UNDECIDED = [PaymentStatus.PENDING, PaymentStatus.PROCESSING]
# What waiting will change by itself: Stripe's answer, or the refund.
UNPROCESSED = [*UNDECIDED, PaymentStatus.REFUND_DUE]


class Problem(models.TextChoices):
    """What is wrong with money that arrived; staff see it under this name."""

    AMOUNT_MISMATCH = "amount_mismatch", _("Another amount was paid")
    CURRENCY_MISMATCH = "currency_mismatch", _("Another currency was paid")
    REFERENCE_MISMATCH = "reference_mismatch", _("Paid for another booking")
    PAID_AFTER_RELEASE = "paid_after_release", _("Paid after the seats were released")


class Cause(models.TextChoices):
    """Who made a payment move."""

    CHECKOUT = "checkout", _("Checkout")
    WEBHOOK = "webhook", _("Stripe's event")
    VERIFICATION = "verification", _("Stripe asked on the customer's behalf")
    CANCELLATION = "cancellation", _("Cancelled by the customer")
    SWEEP = "sweep", _("Left behind by a process that died")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def with_booking(self) -> Self:
        """Join the booking and its event."""
        return self.select_related("booking__event")

    def of_session(self, session_id: str) -> Self:
        """Return the payment of this session. The id may be anything that a stranger typed."""
        return self.filter(session_id=session_id) if SESSION_ID.fullmatch(session_id) else self.none()

    def of_reference(self, reference: str) -> Self:
        """Return the payment with our reference. It may be anything that a stranger typed."""
        return self.filter(reference=reference) if REFERENCE.fullmatch(reference) else self.none()

    def unopened(self, before: datetime) -> Self:
        """Return payments that were committed ``before`` then, but never got a session."""
        return self.filter(status=PaymentStatus.PENDING, session_id=None, created_at__lt=before)


class Payment(models.Model):
    """
    One attempt to pay for a booking, through one Stripe Checkout Session.

    ``amount`` is an integer in Stripe's minor unit of ``currency``. The row is committed before Stripe is
    asked for the session; its ``reference`` is Stripe's idempotency key and the only metadata there.
    """

    reference = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payments")
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=PaymentStatus, default=PaymentStatus.PENDING)
    problem = models.CharField(max_length=30, choices=Problem, blank=True)
    error_message = models.CharField(max_length=300, blank=True, help_text=_("As the customer reads it."))
    attempt = models.CharField(max_length=64, unique=True, null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    checkout_url = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text=_("When Stripe closes the session."))
    processed_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("When somebody last asked Stripe."))
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When Stripe last answered."))

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_known"),
            models.CheckConstraint(
                condition=Q(problem__in=["", *Problem.values]), name="payment_problem_known"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_has_an_amount"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="payment_currency_is_three_small_letters"
            ),
            models.CheckConstraint(
                condition=Q(session_id__isnull=False, processed_at__isnull=False)
                | ~Q(status=PaymentStatus.SUCCEEDED),
                name="payment_succeeded_has_evidence",
            ),
            models.CheckConstraint(
                condition=Q(processed_at__isnull=True) | ~Q(status__in=UNDECIDED),
                name="payment_undecided_is_not_processed",
            ),
            models.CheckConstraint(
                condition=~Q(problem="") | ~Q(status=PaymentStatus.REFUND_DUE),
                name="payment_refund_due_says_why",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="payment_ends_ahead"),
            # Nobody can be sent to a second session while the first may still be paid.
            models.UniqueConstraint(
                fields=["booking"], condition=Q(status__in=UNDECIDED), name="payment_one_undecided_a_booking"
            ),
            models.UniqueConstraint(
                fields=["booking"], condition=Q(status="succeeded"), name="payment_one_success_a_booking"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status__in=UNDECIDED), name="payment_undecided"),
        ]

    def __str__(self) -> str:
        return self.session_id or self.reference

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    def move(self, to: PaymentStatus, *, cause: Cause) -> None:
        """
        Change the status of this payment, which the caller has locked, note why, and wake who waits for it.

        Other fields that were set along with it are saved too. When to move is for ``settlement`` to know.
        """
        self.transitions.create(from_status=self.status, to_status=to, cause=cause)
        self.status = to
        self.processed_at = None if to in UNDECIDED else timezone.now()
        self.save(update_fields=["status", "processed_at", "problem", "error_message", "payment_intent_id"])
        announce(self.booking.topic)


class Transition(models.Model):
    """A change of a payment's status: the timeline that explains it."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=20, choices=PaymentStatus)
    to_status = models.CharField(max_length=20, choices=PaymentStatus)
    cause = models.CharField(max_length=20, choices=Cause)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="transition_cause_known"),
            models.CheckConstraint(
                condition=~Q(from_status=F("to_status")), name="transition_changes_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
