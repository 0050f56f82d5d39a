from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Length, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.money import require_chargeable, step

if TYPE_CHECKING:
    from .booking import Booking


class Sale(models.TextChoices):
    """Whether seats can be bought now. Computed, not stored."""

    UPCOMING = "upcoming", _("Not on sale yet")
    OPEN = "open", _("On sale")
    CLOSED = "closed", _("Sale has ended")
    SOLD_OUT = "sold_out", _("Sold out")


class EventQuerySet(models.QuerySet["Event"]):
    def upcoming(self, at: datetime) -> Self:
        """Return the events that haven't ended by ``at``, the next one first."""
        return self.filter(ends_at__gt=at).order_by("starts_at")

    def with_availability(self) -> Self:
        """Annotate ``seats_total``, ``seats_free`` and ``price_from`` (minor units, None without seats)."""
        return self.annotate(
            seats_total=Count("seats"),
            seats_free=Count("seats", filter=Q(seats__booking=None)),
            price_from=Min("seats__price"),
        )


class Event(models.Model):
    """Something people attend, with a number of seats at prices in one currency."""

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
    cancellation_fee = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text=_(
            "What is kept of each cancelled seat besides, in the currency’s minor unit: 150 is 1.50 EUR."
        ),
    )
    organiser_name = models.CharField(max_length=200)
    organiser_email = models.EmailField()
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
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
        if self.cancellation_fee and self.cancellation_fee % step(self.currency):
            words = _("This can't be paid in %(currency)s.")
            raise ValidationError({"cancellation_fee": words % {"currency": self.currency.upper()}})

    @property
    def topic(self) -> str:
        """What ``publish`` calls this event's seats."""
        return f"event:{self.slug}"

    @property
    def sale(self) -> Sale:
        """Whether seats can be bought now; needs ``with_availability`` to know of sold out."""
        now = timezone.now()
        if now < self.sales_from:
            return Sale.UPCOMING
        if now >= self.sales_until:
            return Sale.CLOSED
        return Sale.OPEN if getattr(self, "seats_free", 1) else Sale.SOLD_OUT


class SeatQuerySet(models.QuerySet["Seat"]):
    def free(self) -> Self:
        """Return the seats that nobody holds or has bought."""
        return self.filter(booking=None)

    def lock(self) -> "list[Seat]":
        """
        Lock the seats and return them.

        Always in the order of their ids: two transactions that want some of the same seats can't deadlock.
        """
        return list(self.order_by("pk").select_for_update(no_key=True))

    def from_the_front(self) -> Self:
        """Order by row (A before B, Z before AA) and number."""
        return self.order_by(Length("row"), "row", "number")

    def row_ends(self) -> "models.QuerySet[Seat, tuple[str, int, int]]":
        """Return each row with its lowest and its highest number."""
        return (
            self.order_by()
            .values("row")
            .annotate(Min("number"), Max("number"))
            .values_list("row", "number__min", "number__max")
        )


class Seat(models.Model):
    """One place at one event. ``booking`` is its only occupant, whether held or confirmed."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="seats")
    row = models.CharField(max_length=10)
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=20, help_text=_("What customers see, such as A-1."))
    price = models.PositiveIntegerField(
        validators=[MinValueValidator(1)], help_text=_("In the currency's minor unit: 2500 is 25.00 EUR.")
    )
    booking: "models.ForeignKey[Booking | None, Booking | None]" = models.ForeignKey(
        "bookings.Booking", models.PROTECT, null=True, blank=True, editable=False, related_name="seats"
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = ["event", Length("row"), "row", "number"]
        constraints = [
            models.UniqueConstraint(fields=["event", "label"], name="seat_label_unique"),
            models.UniqueConstraint(fields=["event", "row", "number"], name="seat_place_unique"),
            models.CheckConstraint(condition=Q(price__gt=0), name="seat_has_a_price"),
        ]
        indexes = [
            # What every hold and every seat map asks first.
            models.Index(fields=["event"], condition=Q(booking=None), name="seat_free"),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if self.price is None or self.event_id is None:  # The fields themselves say what is missing.
            return
        try:
            require_chargeable(self.price, self.event.currency)
        except ValueError as error:
            raise ValidationError({"price": str(error)}) from error
