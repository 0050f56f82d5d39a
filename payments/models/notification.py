from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .dispute import Dispute
from .payment import Payment
from .refund import Refund


class News(models.TextChoices):
    """What a customer is told by mail, besides their tickets."""

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


class Notification(models.Model):
    """A mail that a customer is owed, written in the transaction of what it tells, and sent once by a job."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="notifications")
    news = models.CharField(max_length=20, choices=News)
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, blank=True, related_name="notifications")
    dispute = models.ForeignKey(Dispute, models.PROTECT, null=True, blank=True, related_name="notifications")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payments_notice"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(news__in=News.values), name="notification_news_known"),
            models.UniqueConstraint(
                fields=["payment", "news", "refund", "dispute"],
                nulls_distinct=False,
                name="notification_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.news} ({self.payment})"
