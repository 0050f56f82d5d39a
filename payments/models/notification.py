from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import StopReason

from .dispute import Dispute
from .payment import Payment, PaymentStatus
from .refund import Refund


class BaseNotification(models.Model):
    """
    An email to a customer, saved in the transaction of the change that it reports, and sent once by a job.

    Two notifications are the same if they agree in the fields ``once_for``. ``task`` is the job's name.
    """

    once_for: ClassVar[list[str]]
    task: ClassVar[str]

    kind: models.CharField
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]

    @property
    def reference(self) -> str:
        """The reference of its payment or membership, for the log."""
        raise NotImplementedError

    def is_current(self) -> bool:
        """Whether it is still true: the mail server may have kept it waiting for long."""
        raise NotImplementedError


class NotificationKind(models.TextChoices):
    """The emails about a payment, besides the one with the tickets."""

    PROCESSING = "processing", _("The payment takes a while")
    FAILED = "failed", _("The payment failed after a while")
    MONEY_BACK = "money_back", _("The money bought nothing and goes back")
    REFUNDED = "refunded", _("A refund was sent")
    GIVEN_UP = "given_up", _("A refund was for these tickets")
    REFUND_FAILED = "refund_failed", _("A refund came to nothing")
    NOT_CANCELLED = "not_cancelled", _("A cancellation came to nothing")
    SUSPENDED = "suspended", _("The tickets are on hold")
    RESTORED = "restored", _("The tickets are valid again")
    VOIDED = "voided", _("The tickets were lost to the bank")


class Notification(BaseNotification):
    """An email about a payment, or about one of its refunds or disputes."""

    once_for = ["payment", "kind", "refund", "dispute"]
    task = "payments.tasks.mail_notification"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=20, choices=NotificationKind)
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, blank=True, related_name="notifications")
    dispute = models.ForeignKey(Dispute, models.PROTECT, null=True, blank=True, related_name="notifications")

    class Meta(BaseNotification.Meta):
        db_table = "payments_notice"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=NotificationKind.values), name="notification_kind_known"
            ),
            models.UniqueConstraint(
                fields=["payment", "kind", "refund", "dispute"],
                nulls_distinct=False,
                name="notification_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.payment})"

    @property
    def reference(self) -> str:
        return self.payment.reference

    def is_current(self) -> bool:
        match self.kind:
            case NotificationKind.PROCESSING:
                return self.payment.status == PaymentStatus.PROCESSING
            case NotificationKind.MONEY_BACK:
                return bool(self.payment.problem)
            case NotificationKind.SUSPENDED:
                return self.payment.booking.tickets.filter(stopped_for=StopReason.DISPUTED).exists()
            case NotificationKind.NOT_CANCELLED:
                return self.refund in self.payment.refunds.broken()
        return True
