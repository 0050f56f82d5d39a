from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .dispute import CLOSED, STRIPES_DISPUTE_STATUSES, DisputeEffect, DisputeStatus, effect_of
from .refund import ACCEPTED, BROKEN, STRIPES_REFUND_STATUSES
from .subscription import Subscription


class MembershipInvoice(models.Model):
    """
    An invoice of a subscription, as Stripe last sent it; its amounts are in the minor unit of ``currency``.

    ``amount`` is what Stripe charges for it, after discounts, taxes and credit. ``covers_until`` is the end
    of the latest time that it is for. ``paid_by`` are the payment intents, or charges, that it was paid with.
    """

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="invoices")
    invoice_id = models.CharField(max_length=255, unique=True)
    number = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    amount_paid = models.BigIntegerField(null=True, help_text=_("None: saved by an earlier version."))
    covers_until = models.DateTimeField(null=True)
    paid_by = ArrayField(models.CharField(max_length=255), default=list, db_default=models.Value([]))
    issued_at = models.DateTimeField()
    url = models.TextField(blank=True, help_text=_("Page where it can be viewed, and paid while open."))

    class Meta:
        ordering = ["-issued_at", "-pk"]
        indexes = [GinIndex(fields=["paid_by"], name="membership_invoice_paid_by")]

    def __str__(self) -> str:
        return self.number or self.invoice_id

    @property
    def amount_refunded(self) -> int:
        """What the customer got back of it, by a refund or by a dispute that was lost."""
        returned = [one for one in self.reversals.all() if one.is_returned and one.currency == self.currency]
        return sum(one.amount for one in returned)

    @property
    def is_disputed(self) -> bool:
        return any(one.is_disputed for one in self.reversals.all())


class ReversalKind(models.TextChoices):
    """How money of a membership goes back."""

    REFUND = "refund", _("Refund")
    DISPUTE = "dispute", _("Dispute")


class MembershipReversalQuerySet(models.QuerySet["MembershipReversal"]):
    def unanswered(self) -> Self:
        """Return the disputes and inquiries that aren't closed."""
        return self.filter(kind=ReversalKind.DISPUTE).exclude(status__in=CLOSED)

    def failed(self) -> Self:
        """Return the refunds that came to nothing, unless a later one of the same invoice was accepted."""
        again = MembershipReversal.objects.filter(
            kind=ReversalKind.REFUND,
            status__in=ACCEPTED,
            invoice=OuterRef("invoice"),
            happened_at__gt=OuterRef("happened_at"),
        )
        return self.filter(~Exists(again), kind=ReversalKind.REFUND, status__in=BROKEN)


class MembershipReversal(models.Model):
    """
    A refund or a dispute of an invoice, as Stripe last reported it; ``amount`` in the invoice's minor unit.

    ``status`` is Stripe's; one that isn't known here replaces none that is. ``withdrawn`` is what
    Stripe has booked out for a dispute and not back in, in the account's currency; None if that isn't known.
    """

    reversal_id = models.CharField(max_length=255, unique=True)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="reversals")
    invoice = models.ForeignKey(MembershipInvoice, models.PROTECT, related_name="reversals")
    kind = models.CharField(max_length=10, choices=ReversalKind)
    status = models.CharField(max_length=50)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=100, blank=True)
    withdrawn = models.BigIntegerField(
        null=True, blank=True, help_text=_("Amount withdrawn for a dispute and not returned.")
    )
    happened_at = models.DateTimeField(help_text=_("When it was made at Stripe."))
    checked_at = models.DateTimeField(help_text=_("When Stripe was asked for this."))

    objects = MembershipReversalQuerySet.as_manager()

    class Meta:
        ordering = ["happened_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ReversalKind.values), name="membership_reversal_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.reversal_id

    @property
    def is_returned(self) -> bool:
        """Whether its money is the customer's again."""
        return is_returned(self.kind, self.status, self.withdrawn)

    @property
    def is_disputed(self) -> bool:
        """Whether the bank holds its money until the dispute is decided."""
        return is_disputed(self.kind, self.status, self.withdrawn)


def is_returned(kind: str, status: str, withdrawn: int | None) -> bool:
    """Whether the money of a refund or a dispute is the customer's again."""
    if kind == ReversalKind.REFUND:
        return status in ACCEPTED
    return _effect_of(status, withdrawn) == DisputeEffect.LOST


def is_disputed(kind: str, status: str, withdrawn: int | None) -> bool:
    """Whether a bank holds the money until a dispute is decided. An inquiry usually takes none."""
    return kind == ReversalKind.DISPUTE and _effect_of(status, withdrawn) == DisputeEffect.OPEN


def _effect_of(status: str, withdrawn: int | None) -> DisputeEffect:
    is_known = is_known_status(ReversalKind.DISPUTE, status)
    return effect_of(status if is_known else DisputeStatus.UNKNOWN, withdrawn)


def is_known_status(kind: str, status: str) -> bool:
    """Whether ``status`` is one of those that Stripe had when this was written."""
    return status in (STRIPES_REFUND_STATUSES if kind == ReversalKind.REFUND else STRIPES_DISPUTE_STATUSES)
