from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .notification import BaseNotification
from .subscription import RUNNING, PeriodMoney, Subscription, SubscriptionStatus


class MembershipNotificationKind(models.TextChoices):
    """The emails about a membership."""

    WELCOME = "welcome", _("The membership has begun")
    PAYMENT_FAILED = "payment_failed", _("A payment failed")
    ENDING_SOON = "ending_soon", _("It is about to end")
    ENDED = "ended", _("It has ended")
    REFUNDED = "refunded", _("The period was refunded")
    SUSPENDED = "suspended", _("The benefits are on hold")
    CHARGED_BACK = "charged_back", _("The bank took the money back")
    RESTORED = "restored", _("The benefits are active again")


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
