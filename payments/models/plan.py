from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Interval(models.TextChoices):
    MONTH = "month", _("A month")
    YEAR = "year", _("A year")


class PlanQuerySet(models.QuerySet["Plan"]):
    def on_offer(self) -> "PlanQuerySet":
        return self.filter(is_offered=True)


class Plan(models.Model):
    """
    A membership that customers can subscribe to: its price at Stripe, and its benefits.

    ``amount`` (in the minor unit) and ``interval`` are copies; Stripe charges its own price. The member's
    terms hold for ``seats_per_event`` seats of one event, or for any number if it is None.
    """

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50, unique=True)
    description = models.TextField(blank=True)
    price_id = models.CharField(_("Stripe price"), max_length=255, unique=True)
    amount = models.PositiveBigIntegerField(help_text=_("In the currency's minor unit: 2500 is 25.00 EUR."))
    currency = models.CharField(max_length=3, default="eur")
    interval = models.CharField(max_length=5, choices=Interval, default=Interval.YEAR)
    is_offered = models.BooleanField(default=True, help_text=_("Whether customers can subscribe."))
    has_presale = models.BooleanField(default=True, help_text=_("Members can buy during the presale."))
    discount_percent = models.PositiveSmallIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(90)]
    )
    seats_per_event = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["amount", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(interval__in=Interval.values), name="plan_interval_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_has_an_amount"),
            models.CheckConstraint(condition=Q(discount_percent__lte=90), name="plan_leaves_a_price"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="plan_currency_is_three_small_letters"
            ),
            models.CheckConstraint(
                condition=Q(seats_per_event=None) | Q(seats_per_event__gt=0), name="plan_limit_allows_a_seat"
            ),
        ]

    def __str__(self) -> str:
        return self.name
