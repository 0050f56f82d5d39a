from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField
from bookings.models import StopReason

from .dispute import Dispute
from .payment import Payment, PaymentStatus
from .refund import Refund
from .subscription import RUNNING, PeriodMoney, Subscription, SubscriptionStatus


class OwedQuerySet(models.QuerySet[Any]):
    def owed(self) -> Self:
        """Return those that are still to be sent."""
        return self.filter(sent_at=None, refused_at=None)

    def refused(self) -> Self:
        """Return those that the mail server of the address has refused for good."""
        return self.filter(sent_at=None).exclude(refused_at=None)


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
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal = EvidenceField(blank=True, db_default="", help_text=_("The mail server’s answer."))

    objects = OwedQuerySet.as_manager()

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

    @property
    def due_at(self) -> datetime:
        """When it may be sent."""
        return self.created_at


class NotificationKind(models.TextChoices):
    """The emails about a payment, besides the one with the tickets."""

    PROCESSING = "processing", _("Payment takes longer")
    FAILED = "failed", _("Payment failed")
    MONEY_BACK = "money_back", _("Refund: nothing was bought")
    REFUNDED = "refunded", _("Refund sent")
    GIVEN_UP = "given_up", _("Refund matched to tickets")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    NOT_CANCELLED = "not_cancelled", _("Cancellation failed")
    SUSPENDED = "suspended", _("Tickets on hold")
    RESTORED = "restored", _("Tickets valid again")
    VOIDED = "voided", _("Tickets cancelled after a chargeback")
    EXCHANGE = "exchange", _("Exchange: payment link")


# A bank that refuses at once does so within this time, and then one mail says all.
BANK_ANSWERS_WITHIN = timedelta(minutes=10)


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
        indexes = [
            models.Index(fields=["created_at"], condition=Q(sent_at=None), name="notification_unsent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.payment})"

    @property
    def reference(self) -> str:
        return self.payment.reference

    @property
    def due_at(self) -> datetime:
        """When it may be sent: that a debit is on its way only once its bank hasn't refused it at once."""
        is_of_debit = self.kind == NotificationKind.PROCESSING and not self.payment.instructions_url
        return self.created_at + BANK_ANSWERS_WITHIN if is_of_debit else self.created_at

    def is_current(self) -> bool:
        match self.kind:
            case NotificationKind.PROCESSING:
                return self.payment.status == PaymentStatus.PROCESSING
            case NotificationKind.EXCHANGE:
                return self.payment.status == PaymentStatus.PENDING
            case NotificationKind.MONEY_BACK:
                return bool(self.payment.problem)
            case NotificationKind.SUSPENDED:
                return self.payment.booking.tickets.filter(stopped_for=StopReason.DISPUTED).exists()
            case NotificationKind.NOT_CANCELLED:
                return self.refund in self.payment.refunds.broken()
        return True


class MembershipNotificationKind(models.TextChoices):
    """The emails about a membership."""

    WELCOME = "welcome", _("Membership started")
    PAYMENT_FAILED = "payment_failed", _("Payment failed")
    ENDING_SOON = "ending_soon", _("Membership ends soon")
    ENDED = "ended", _("Membership ended")
    REFUNDED = "refunded", _("Period refunded")
    SUSPENDED = "suspended", _("Benefits on hold")
    CHARGED_BACK = "charged_back", _("Charged back by the bank")
    RESTORED = "restored", _("Benefits active again")


# What has become of the period's money while each of these kinds is still true.
CURRENT_WITH = {
    MembershipNotificationKind.REFUNDED: [PeriodMoney.REFUNDED],
    MembershipNotificationKind.SUSPENDED: [PeriodMoney.DISPUTED],
    MembershipNotificationKind.CHARGED_BACK: [PeriodMoney.CHARGED_BACK],
    MembershipNotificationKind.RESTORED: [PeriodMoney.KEPT, PeriodMoney.PARTLY_BACK],
}
# The statuses in which each kind is still true. ``ended`` has the status that it reports as its occasion.
CURRENT_IN = {
    MembershipNotificationKind.WELCOME: [*RUNNING, SubscriptionStatus.PAST_DUE],
    MembershipNotificationKind.PAYMENT_FAILED: [SubscriptionStatus.PAST_DUE],
    MembershipNotificationKind.ENDING_SOON: RUNNING,
    **dict.fromkeys(CURRENT_WITH, RUNNING),
}


class MembershipNotification(BaseNotification):
    """
    An email about a membership.

    ``occasion`` tells two of one kind apart: it is the first day of the period that wasn't paid, the day of
    the end, the status that it ended in, or the refund or dispute that changed what it gives.
    """

    once_for = ["subscription", "kind", "occasion"]
    task = "payments.tasks.mail_membership_notification"

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=20, choices=MembershipNotificationKind)
    occasion = models.CharField(max_length=255, blank=True)

    class Meta(BaseNotification.Meta):
        db_table = "payments_membershipnotice"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=MembershipNotificationKind.values),
                name="membership_notification_kind_known",
            ),
            models.UniqueConstraint(
                fields=["subscription", "kind", "occasion"], name="membership_notification_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.subscription})"

    @property
    def reference(self) -> str:
        return self.subscription.reference

    def is_current(self) -> bool:
        if self.kind == MembershipNotificationKind.ENDED:
            return self.subscription.status == self.occasion
        if self.kind == MembershipNotificationKind.ENDING_SOON and self.subscription.ends_at is None:
            return False
        kind = MembershipNotificationKind(self.kind)
        if kind in CURRENT_WITH and self.subscription.money not in CURRENT_WITH[kind]:
            return False
        return self.subscription.status in CURRENT_IN[kind]
