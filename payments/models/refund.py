from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField
from bookings.models import Ticket, TicketStatus
from bookings.references import new_reference
from payments.mode import is_live

from .dispute import PART, Dispute, DisputeEffect
from .idempotency import AskedUnderKey
from .payment import Payment
from .presented import Presented


class RefundStatus(models.TextChoices):
    """Stripe's statuses of a refund, and four of our own: three for one that it hasn't accepted."""

    DUE = "due", _("Due")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REFUSED = "refused", _("Refused by Stripe")
    PENDING = "pending", _("In progress")
    REQUIRES_ACTION = "requires_action", _("Waiting for the customer")
    SUCCEEDED = "succeeded", _("Refunded")
    FAILED = "failed", _("Failed after acceptance")
    CANCELED = "canceled", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown state")


# What Stripe itself calls a refund; the others are ours.
STRIPES_REFUND_STATUSES = [
    RefundStatus.PENDING,
    RefundStatus.REQUIRES_ACTION,
    RefundStatus.SUCCEEDED,
    RefundStatus.FAILED,
    RefundStatus.CANCELED,
]
# Stripe has accepted it: the money is the customer's again.
ACCEPTED = [RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION, RefundStatus.SUCCEEDED]
# Nothing came of it at Stripe.
DROPPED = [RefundStatus.WITHDRAWN, RefundStatus.REFUSED]
UNSENT = [RefundStatus.DUE, *DROPPED]
# Stripe, a bank or the customer has yet to act.
UNDER_WAY = [RefundStatus.DUE, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]
# It is at Stripe, and may have paid: nothing is sent in its place before that is known.
MAYBE_PAID = [*ACCEPTED, RefundStatus.UNKNOWN]
# Accepted, but failed later: the customer has neither tickets nor money, and staff must act.
BROKEN = [RefundStatus.FAILED, RefundStatus.CANCELED]


# What the receipts' books don't have yet: money that went back, and some that didn't after all.
PAID_UNENTERED = Q(status=RefundStatus.SUCCEEDED, amount__gt=0, is_entered=False) | (
    Q(is_entered=True) & ~Q(status=RefundStatus.SUCCEEDED)
)


class Origin(models.TextChoices):
    """Who requested a refund."""

    SETTLEMENT = "settlement", _("Automatic")
    CUSTOMER = "customer", _("The customer")
    STAFF = "staff", _("Staff")
    STRIPE = "stripe", _("Stripe's dashboard")


class RefundQuerySet(models.QuerySet["Refund"]):
    def due(self) -> Self:
        """Return the refunds to be sent; those of payments in the other mode can't be."""
        return self.filter(status=RefundStatus.DUE).exclude(payment__livemode=not is_live())

    def accepted(self) -> Self:
        return self.filter(status__in=ACCEPTED)

    def standing(self) -> Self:
        """Return the refunds that count: neither withdrawn, refused, waived, nor replaced by another."""
        valid = Q(replacement=None, waived_at=None)
        # What Stripe did pay counts in any case.
        return self.exclude(status__in=DROPPED).filter(valid | Q(status__in=ACCEPTED))

    def broken(self) -> Self:
        """Return the refunds that staff must act on: refused or failed, and not replaced or waived."""
        statuses = [*BROKEN, RefundStatus.REFUSED]
        failed = self.filter(status__in=statuses, replacement=None, waived_at=None)
        return failed.alias(gone=_gone()).exclude(gone__gte=F("payment__amount_received"))

    def unassigned(self) -> Self:
        """Return partial refunds made at Stripe whose tickets staff haven't named yet, if there are any."""
        live = Ticket.objects.filter(booking=OuterRef("payment__booking")).exclude(status=TicketStatus.VOID)
        made = self.accepted().filter(Exists(live), origin=Origin.STRIPE, assigned_at=None)
        return made.filter(payment__problem="")

    def total(self) -> int:
        """Return the sum of their amounts."""
        return self.aggregate(sum=Sum("amount"))["sum"] or 0


def _gone() -> Combinable:
    """Return how much of a refund's payment is the customer's again: refunded, or lost to the bank."""
    refunds = Refund.objects.filter(payment=OuterRef("payment"), status__in=ACCEPTED).order_by()
    refunded = refunds.values("payment").annotate(sum=Sum("amount")).values("sum")
    disputes = Dispute.objects.filter(payment=OuterRef("payment"), effect=DisputeEffect.LOST).order_by()
    lost = disputes.values("payment").annotate(sum=Sum(PART)).values("sum")
    return Coalesce(Subquery(refunded), 0) + Coalesce(Subquery(lost), 0)


class Refund(AskedUnderKey, Presented):
    """
    A refund of a payment, or of a part of it; an outbox row until it is sent to Stripe.

    ``amount`` is in the minor unit of ``currency``. ``reference`` is the idempotency key, and the metadata at
    Stripe. ``tickets`` are those that it pays back: invalid from now on, void once Stripe has accepted it.
    The ``fee`` is what is kept of their price, in the same unit; Stripe doesn't know of it. A refund that
    failed is made again by a new row that ``replaces`` it. Where less than ``asked_amount`` was left to send,
    ``amount`` is what was left. If nothing was paid for its tickets, the amount is 0: it is done at once, and
    Stripe never hears of it. ``stripe_status`` is what Stripe called the status, if that isn't known here:
    then ``status`` stays as it was.
    """

    key_prefix = "refund"

    reference = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField()
    asked_amount = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Amount requested, if less was left to refund.")
    )
    fee = models.PositiveBigIntegerField(
        default=0,
        db_default=0,
        help_text=_("Cancellation fee kept."),
    )
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=RefundStatus, default=RefundStatus.DUE)
    stripe_status = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=_("Stripe's own status, if it's unknown here."),
    )
    origin = models.CharField(max_length=12, choices=Origin)
    tickets = models.ManyToManyField(Ticket, blank=True, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replacement")
    refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_message = EvidenceField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tried_at = models.DateTimeField(null=True, blank=True, help_text=_("When first sent to Stripe."))
    accepted_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When Stripe was asked for this."))
    question = models.BigIntegerField(
        default=0, db_default=0, help_text=_("Number of the request to Stripe that this answers.")
    )
    waived_at = models.DateTimeField(null=True, blank=True, help_text=_("When staff marked it as settled."))
    assigned_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When staff matched it to tickets.")
    )

    is_entered = models.BooleanField(
        default=False, db_default=False, help_text=_("Entered as refunded in receipts.")
    )

    objects = RefundQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            *Presented.Meta.constraints,
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_known"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="refund_origin_known"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(status=RefundStatus.SUCCEEDED, refund_id=None, fee=0),
                name="refund_has_an_amount_or_is_done",
            ),
            # Only a customer's cancellation has a fee, and so has its refund if staff make it again.
            models.CheckConstraint(
                condition=Q(fee=0) | Q(origin__in=["customer", "staff"]),
                name="refund_fee_is_a_cancellations",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNSENT)
                | Q(refund_id__isnull=False, checked_at__isnull=False)
                | Q(amount=0, accepted_at__isnull=False),
                name="refund_accepted_has_evidence",
            ),
            models.CheckConstraint(
                condition=~Q(error_code="") | ~Q(status=RefundStatus.REFUSED), name="refund_refused_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="due"), name="refund_due"),
            # Staff's alerts: nearly all refunds have succeeded, and were made here.
            models.Index(
                fields=["status", "created_at"],
                condition=~Q(status="succeeded"),
                name="refund_unfinished",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(origin="stripe", assigned_at=None),
                name="refund_unassigned",
            ),
            models.Index(fields=["payment"], condition=~Q(stripe_status=""), name="refund_unreadable"),
            models.Index(fields=["id"], condition=PAID_UNENTERED, name="refund_unentered"),
        ]

    def __str__(self) -> str:
        return self.refund_id or self.reference

    @property
    def is_accepted(self) -> bool:
        return self.status in ACCEPTED

    @property
    def wanted(self) -> int:
        """The amount that was asked for, even if less was left to send."""
        return self.amount if self.asked_amount is None else self.asked_amount
