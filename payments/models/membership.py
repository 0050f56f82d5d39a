from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .notification import BaseNotification
from .subscription import RUNNING, Subscription, SubscriptionStatus


class MembershipNotificationKind(models.TextChoices):
    """The emails about a membership."""

    WELCOME = "welcome", _("The membership has begun")
    PAYMENT_FAILED = "payment_failed", _("A payment failed")
    ENDING_SOON = "ending_soon", _("It is about to end")
    ENDED = "ended", _("It has ended")


# The statuses in which each kind is still true. ``ended`` has the status that it reports as its occasion.
CURRENT_IN = {
    MembershipNotificationKind.WELCOME: [*RUNNING, SubscriptionStatus.PAST_DUE],
    MembershipNotificationKind.PAYMENT_FAILED: [SubscriptionStatus.PAST_DUE],
    MembershipNotificationKind.ENDING_SOON: RUNNING,
}


class MembershipNotification(BaseNotification):
    """
    An email about a membership.

    ``occasion`` tells two of one kind apart: it is the first day of the period that wasn't paid, the day of
    the end, or the status that it ended in.
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
        return self.subscription.status in CURRENT_IN[MembershipNotificationKind(self.kind)]


class MembershipInvoice(models.Model):
    """An invoice of a subscription, as Stripe last sent it; ``amount`` in the minor unit of ``currency``."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="invoices")
    invoice_id = models.CharField(max_length=255, unique=True)
    number = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    issued_at = models.DateTimeField()
    url = models.TextField(blank=True, help_text=_("Where it can be seen, and paid while it is open."))

    class Meta:
        ordering = ["-issued_at", "-pk"]

    def __str__(self) -> str:
        return self.number or self.invoice_id
