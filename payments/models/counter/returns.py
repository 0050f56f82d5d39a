from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Ticket

from .sale import CounterSale, SaleKind
from .till import Till


class CounterReturn(models.Model):
    """
    Tickets of a counter sale that were given back, and the money for them.

    ``amount`` is in the minor unit of the sale's currency. It goes back as it came, or in cash out of a till.
    Without an ``actor``, the customer has given back what had cost nothing, or the event was called off.
    """

    sale = models.ForeignKey(CounterSale, models.PROTECT, related_name="returns")
    form_id = models.CharField(max_length=36, unique=True, null=True, blank=True)
    tickets = models.ManyToManyField(Ticket, related_name="counter_returns")
    amount = models.PositiveBigIntegerField(default=0)
    kind = models.CharField(max_length=15, choices=SaleKind, help_text=_("How it was refunded."))
    till = models.ForeignKey(Till, models.PROTECT, null=True, blank=True, related_name="returns")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["cash", "terminal"], amount__gt=0, till__isnull=False)
                | Q(kind__in=["complimentary", "free"], amount=0, till=None),
                name="counter_return_pays_out_of_a_till",
            ),
            models.CheckConstraint(
                condition=Q(actor=None) | ~Q(reason=""), name="counter_return_by_staff_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sale}: {self.at:%Y-%m-%d %H:%M}"
