from datetime import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressField
from bookings.money import increment


class SaleStatus(models.TextChoices):
    """Whether an event's seats can be bought now. It is computed, not stored."""

    UPCOMING = "upcoming", _("Not on sale yet")
    OPEN = "open", _("On sale")
    CLOSED = "closed", _("Sale has ended")
    SOLD_OUT = "sold_out", _("Sold out")


class EventQuerySet(models.QuerySet["Event"]):
    def upcoming(self, at: datetime) -> Self:
        """Return the events that end after ``at``, the earliest first."""
        return self.filter(ends_at__gt=at).order_by("starts_at")

    def with_availability(self) -> Self:
        """Annotate ``seats_total``, ``seats_free`` and ``price_from`` (minor units, None without seats)."""
        return self.annotate(
            seats_total=Count("seats"),
            seats_free=Count("seats", filter=Q(seats__booking=None)),
            price_from=Min("seats__price"),
        )


class Event(models.Model):
    """An event with its seats, which are all sold in one currency."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True)
    venue = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    currency = models.CharField(
        max_length=3,
        default="eur",
        validators=[RegexValidator(r"^[a-z]{3}\Z", _("Three small letters, such as eur."))],
        help_text=_("Three small letters, such as eur. Fixed once seats exist."),
    )
    sales_from = models.DateTimeField()
    sales_until = models.DateTimeField()
    member_sales_from = models.DateTimeField(
        null=True, blank=True, help_text=_("When members may buy, before everybody else. Empty: no presale.")
    )
    cancellable_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Until when customers may cancel seats they have paid for. Empty: not at all."),
    )
    cancellation_fee_percent = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("What is kept of a cancelled seat’s price, in per cent."),
    )
    cancellation_fee = models.PositiveBigIntegerField(
        default=0,
        db_default=0,
        help_text=_(
            "What is kept of each cancelled seat besides, in the currency’s minor unit: 150 is 1.50 EUR."
        ),
    )
    organiser_name = models.CharField(max_length=200)
    organiser_email = AddressField()
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        # The programme, among all that is over.
        indexes = [models.Index(fields=["ends_at"], name="event_ends")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="event_ends_after_it_starts",
                violation_error_message=_("An event must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(sales_until__gt=F("sales_from")),
                name="event_sales_end_after_they_start",
                violation_error_message=_("The sale must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(member_sales_from=None) | Q(member_sales_from__lt=F("sales_from")),
                name="event_presale_comes_before_the_sale",
                violation_error_message=_("The presale must begin before the sale."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="event_currency_is_three_small_letters"
            ),
            models.CheckConstraint(
                condition=Q(cancellable_until=None) | Q(cancellable_until__lte=F("starts_at")),
                name="event_cancelling_ends_before_it_starts",
                violation_error_message=_("Cancelling must end before the event starts."),
            ),
            models.CheckConstraint(
                condition=Q(cancellation_fee_percent__lte=100), name="event_fee_is_at_most_the_price"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("bookings:event", args=[self.slug])

    def clean(self) -> None:
        if self.cancellation_fee and self.cancellation_fee % increment(self.currency):
            words = _("This can't be paid in %(currency)s.")
            raise ValidationError({"cancellation_fee": words % {"currency": self.currency.upper()}})

    @property
    def topic(self) -> str:
        """The topic for ``publish`` that covers this event's seats."""
        return f"event:{self.slug}"

    @property
    def sale(self) -> SaleStatus:
        """Whether seats can be bought now; ``SOLD_OUT`` only for events from ``with_availability``."""
        now = timezone.now()
        if now < self.sales_from:
            return SaleStatus.UPCOMING
        if now >= self.sales_until:
            return SaleStatus.CLOSED
        return SaleStatus.OPEN if getattr(self, "seats_free", 1) else SaleStatus.SOLD_OUT
