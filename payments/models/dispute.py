from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .payment import Payment


class DisputeStatus(models.TextChoices):
    """
    The status of a dispute, in Stripe's terms.

    https://docs.stripe.com/api/disputes/object#dispute_object-status
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response", _("Inquiry, needs an answer")
    WARNING_UNDER_REVIEW = "warning_under_review", _("Inquiry, under review")
    WARNING_CLOSED = "warning_closed", _("Inquiry, closed")
    NEEDS_RESPONSE = "needs_response", _("Needs an answer")
    UNDER_REVIEW = "under_review", _("Under review")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response", _("Appeal, needs an answer")
    APPEAL_UNDER_REVIEW = "appeal_under_review", _("Appeal, under review")
    PREVENTED = "prevented", _("Prevented")


# The bank has taken the money back for now; for an inquiry it hasn't.
OPEN = [
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
    DisputeStatus.APPEAL_NEEDS_RESPONSE,
    DisputeStatus.APPEAL_UNDER_REVIEW,
]
# Nothing more will happen by itself.
CLOSED = [
    DisputeStatus.WARNING_CLOSED,
    DisputeStatus.WON,
    DisputeStatus.LOST,
    DisputeStatus.PREVENTED,
]


class Dispute(models.Model):
    """A customer's dispute with their bank, as Stripe last reported it. A payment may have several."""

    dispute_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=30, choices=DisputeStatus)
    reason = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(help_text=_("When Stripe was asked for this."))

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DisputeStatus.values), name="dispute_status_known"),
        ]

    def __str__(self) -> str:
        return self.dispute_id

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_lost(self) -> bool:
        return self.status == DisputeStatus.LOST

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED


class FraudWarning(models.Model):
    """A card network's early warning that a payment may be fraudulent: a flag for staff, nothing more."""

    warning_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="fraud_warnings")
    fraud_type = models.CharField(max_length=100)
    is_actionable = models.BooleanField(help_text=_("Neither refunded nor disputed yet."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.warning_id
