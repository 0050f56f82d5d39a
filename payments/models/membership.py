from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .subscription import Subscription


class MembershipNews(models.TextChoices):
    """What a member is told by mail."""

    WELCOME = "welcome", _("The membership has begun")
    PAYMENT_FAILED = "payment_failed", _("A payment failed")
    ENDING_SOON = "ending_soon", _("It is about to end")
    ENDED = "ended", _("It has ended")


class MembershipNotification(models.Model):
    """
    A mail that a member is owed, written in the transaction of what it tells, and sent once by a job.

    ``occasion`` tells the second failed payment from the first one told again.
    """

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="notifications")
    news = models.CharField(max_length=20, choices=MembershipNews)
    occasion = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payments_membershipnotice"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(news__in=MembershipNews.values), name="membership_news_known"),
            models.UniqueConstraint(
                fields=["subscription", "news", "occasion"], name="membership_notification_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.news} ({self.subscription})"


class MembershipInvoice(models.Model):
    """An invoice of a subscription, as Stripe told it; ``amount`` in the minor unit of ``currency``."""

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
