from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Presented(models.Model):
    """
    Money that the customer saw in another currency than ours, by Stripe's Adaptive Pricing.

    ``presentment_amount`` is in the minor unit of ``presentment_currency``. Without it they saw ours.
    """

    presentment_amount = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("In the currency the customer paid in, if different.")
    )
    presentment_currency = models.CharField(max_length=3, blank=True, default="", db_default="")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(presentment_amount=None, presentment_currency="")
                | Q(presentment_amount__isnull=False, presentment_currency__regex=r"^[a-z]{3}$"),
                name="%(class)s_presentment_is_whole",
            )
        ]
