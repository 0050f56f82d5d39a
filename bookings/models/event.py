from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressField
from bookings.money import increment
from bookings.when.zones import require_zone
from branding.models import Picture
from legal.models import VAT_RATE, require_reason

from .production import Production

MAX_CURVE = 9
ADMITS_BEFORE = timedelta(hours=2)
ADMITS_AFTER = timedelta(hours=2)
MAP_SEARCH = "https://www.openstreetmap.org/search"


class EventStatus(models.TextChoices):
    """Whether an event takes place. One that was moved has its new date already, and is told as moved."""

    SCHEDULED = "scheduled", _("Scheduled")
    POSTPONED = "postponed", _("Rescheduled")
    CANCELLED = "cancelled", _("Cancelled")


class Visibility(models.TextChoices):
    """Who can see an event. Whether it takes place, and when it is sold, are questions of their own."""

    DRAFT = "draft", _("Draft, staff only")
    HIDDEN = "hidden", _("Published, by link only")
    PUBLISHED = "published", _("Published")


class TicketNames(models.TextChoices):
    """Whether each ticket is to be in the name of who comes with it."""

    OFF = "off", _("Not asked")
    OPTIONAL = "optional", _("Optional")
    REQUIRED = "required", _("Required")


class SaleStatus(models.TextChoices):
    """Whether an event's seats can be bought now. It is computed, not stored."""

    UPCOMING = "upcoming", _("Not on sale yet")
    SOON = "soon", _("Tickets soon")
    OPEN = "open", _("On sale")
    CLOSED = "closed", _("Sale has ended")
    SOLD_OUT = "sold_out", _("Sold out")
    CALLED_OFF = "called_off", _("Cancelled")
    OVER = "over", _("Over")


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> Self:
        """Return the events that customers can see, in lists or by their address. Drafts are staff's."""
        return self.exclude(visibility=Visibility.DRAFT)

    def listed(self) -> Self:
        """Return the events that lists, feeds and search engines may name."""
        return self.filter(visibility=Visibility.PUBLISHED)

    def upcoming(self, at: datetime) -> Self:
        """Return the events that end after ``at``, the earliest first."""
        return self.filter(ends_at__gt=at).order_by("starts_at", "pk")

    def pictured(self) -> Self:
        """Read the picture of each as well."""
        return self.select_related("picture", "production__picture")

    def with_availability(self) -> Self:
        """Annotate ``seats_total`` and ``seats_free``, and read the picture as well."""
        return self.pictured().annotate(
            seats_total=Count("seats", filter=~Q(seats__state="no_place")),
            seats_free=Count("seats", filter=Q(seats__booking=None, seats__state="for_sale")),
        )


class Event(models.Model):
    """An event with its seats, which are all sold in one currency."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    summary = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("One or two sentences, for lists and link previews."),
    )
    description = models.TextField(blank=True)
    picture = models.ForeignKey(Picture, models.PROTECT, null=True, blank=True, related_name="+")
    picture_alt = models.CharField(
        _("what the picture shows"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("For those who can’t see it. Empty: it is only decoration."),
    )
    production = models.ForeignKey(
        Production,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        help_text=_("The production this date belongs to, if there are several dates."),
    )
    venue = models.CharField(max_length=200)
    map_url = models.CharField(
        _("map"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        validators=[URLValidator(schemes=["https"])],
        help_text=_("Where a map shows the venue: https://… Empty: a search for it in OpenStreetMap."),
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[require_zone],
        help_text=_("Empty: the shop’s time zone."),
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    doors_open_at = models.DateTimeField(null=True, blank=True)
    reentry = models.BooleanField(
        _("re-entry"),
        default=False,
        db_default=False,
        help_text=_("Guests may leave and come back: the door scans them out and in again."),
    )
    visibility = models.CharField(
        max_length=10,
        choices=Visibility,
        default=Visibility.DRAFT,
        db_default=Visibility.DRAFT,
        editable=False,  # ``bookings.events.visibility`` changes it.
    )
    currency = models.CharField(
        max_length=3,
        default="eur",
        validators=[RegexValidator(r"^[a-z]{3}\Z", _("Three lower-case letters, such as eur."))],
        help_text=_("Three lower-case letters, such as eur. Fixed once seats exist."),
    )
    sales_from = models.DateTimeField()
    sales_until = models.DateTimeField()
    member_sales_from = models.DateTimeField(
        null=True, blank=True, help_text=_("When the members’ presale starts. Empty: no presale.")
    )
    cancellable_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Customers can cancel for a refund until then. Empty: no cancellations."),
    )
    cancellation_fee_percent = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("Cancellation fee as a percentage of the price."),
    )
    cancellation_fee = models.PositiveBigIntegerField(
        default=0,
        db_default=0,
        help_text=_("Fixed cancellation fee per seat, in the currency’s minor unit: 150 is 1.50 EUR."),
    )
    vat_rate = models.DecimalField(
        _("VAT rate"),
        **VAT_RATE,
        help_text=_("Percentage included in the prices. Empty: the house’s rate."),
    )
    vat_exempt_reason = models.CharField(
        _("reason for no VAT"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Shown on receipts if the rate is 0."),
    )
    most_per_order = models.PositiveSmallIntegerField(
        _("places per order, at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: the shop’s limit."),
    )
    most_per_customer = models.PositiveSmallIntegerField(
        _("places per customer, at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("In all orders with the same email address or account. Empty: no limit."),
    )
    ticket_names = models.CharField(
        _("names on tickets"),
        max_length=8,
        choices=TicketNames,
        default=TicketNames.OFF,
        db_default=TicketNames.OFF,
    )
    organiser_name = models.CharField(max_length=200)
    organiser_email = AddressField()
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())
    status = models.CharField(
        max_length=10,
        choices=EventStatus,
        default=EventStatus.SCHEDULED,
        db_default=EventStatus.SCHEDULED,
        editable=False,
    )
    moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    returnable_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Full refund until then for customers who booked the old date."),
    )
    # Where the map draws the stage, and how its rows bend. ``bookings.layouts`` changes these.
    stage = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        null=True,
        blank=True,
        editable=False,
        help_text=_("Number of areas in front of the stage. Empty: no stage."),
    )
    curve = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        validators=[MaxValueValidator(MAX_CURVE)],
        help_text=_("Curve of rows without an area."),
    )
    # Raised by the database when status, title, venue, dates or zone change, whatever changes them.
    revision = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = EventQuerySet.as_manager()

    seen_at: datetime | None = None  # A preview shows how the page will be at that time.

    # What tickets cost at least and at most, in minor units: ``bookings.programme.prices`` sets both.
    price_from: int | None = None
    price_to: int | None = None

    class Meta:
        ordering = ["starts_at"]
        permissions = [("publish_event", "Can publish and unpublish events")]
        # The programme, among all that is over.
        indexes = [models.Index(fields=["ends_at"], name="event_ends")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=EventStatus.values), name="event_status_known"),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="event_visibility_known"
            ),
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
                condition=Q(sales_until__lte=F("ends_at")),
                name="event_sale_ends_with_it",
                violation_error_message=_("The sale must end with the event at the latest."),
            ),
            models.CheckConstraint(
                condition=Q(time_zone__regex=r"^([A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*)?$"),
                name="event_time_zone_is_a_name",
            ),
            models.CheckConstraint(
                condition=Q(member_sales_from=None) | Q(member_sales_from__lt=F("sales_from")),
                name="event_presale_comes_before_the_sale",
                violation_error_message=_("The presale must start before the sale."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="event_currency_is_three_small_letters"
            ),
            models.CheckConstraint(
                condition=Q(cancellable_until=None) | Q(cancellable_until__lte=F("starts_at")),
                name="event_cancelling_ends_before_it_starts",
                violation_error_message=_("The cancellation deadline must be before the event starts."),
            ),
            models.CheckConstraint(
                condition=Q(doors_open_at=None) | Q(doors_open_at__lte=F("starts_at")),
                name="event_doors_open_before_it_starts",
                violation_error_message=_("Doors must open before the event starts."),
            ),
            models.CheckConstraint(
                condition=Q(cancellation_fee_percent__lte=100), name="event_fee_is_at_most_the_price"
            ),
            models.CheckConstraint(
                condition=Q(ticket_names__in=TicketNames.values), name="event_ticket_names_known"
            ),
            models.CheckConstraint(
                condition=(Q(most_per_order=None) | Q(most_per_order__gt=0))
                & (Q(most_per_customer=None) | Q(most_per_customer__gt=0)),
                name="event_limits_allow_some",
            ),
            models.CheckConstraint(
                condition=Q(map_url="") | Q(map_url__startswith="https://"), name="event_map_is_https"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("bookings:event", args=[self.slug])

    @property
    def pictured(self) -> "Event | Production":
        """What its picture is of: its production, if only that has one."""
        if self.picture_id or self.production is None or not self.production.picture_id:
            return self
        return self.production

    def clean(self) -> None:
        names = ("title", "venue", "organiser_name")  # A line break would end the subject of a mail.
        if odd := [name for name in names if not getattr(self, name).isprintable()]:
            raise ValidationError(dict.fromkeys(odd, _("Use a single line.")))
        require_reason(self.vat_rate, self.vat_exempt_reason)
        if self.cancellation_fee and self.cancellation_fee % increment(self.currency):
            words = _("This can't be paid in %(currency)s.")
            raise ValidationError({"cancellation_fee": words % {"currency": self.currency.upper()}})

    @property
    def topic(self) -> str:
        """The topic for ``publish`` that covers this event's seats. Its slug may change, so it isn't that."""
        return f"event:{self.pk}"

    @property
    def admits_from(self) -> datetime:
        """When the door begins to let guests in: two hours before the start, if nobody has said."""
        return self.doors_open_at or self.starts_at - ADMITS_BEFORE

    @property
    def admits_until(self) -> datetime:
        return self.ends_at + ADMITS_AFTER

    @property
    def door_topic(self) -> str:
        """The topic for ``publish`` that covers who is inside."""
        return f"door:{self.pk}"

    @property
    def map_link(self) -> str:
        """Where a map shows the venue."""
        return self.map_url or f"{MAP_SEARCH}?{urlencode({'query': self.venue})}"

    @property
    def is_draft(self) -> bool:
        return self.visibility == Visibility.DRAFT

    @property
    def is_cancelled(self) -> bool:
        return self.status == EventStatus.CANCELLED

    @property
    def is_listed(self) -> bool:
        """Whether it is among those of ``listed``."""
        return self.visibility == Visibility.PUBLISHED

    @property
    def order_limit(self) -> int:
        """How many places one order can be for."""
        limits = (settings.MAX_SEATS, self.most_per_order, self.most_per_customer)
        return min(limit for limit in limits if limit)

    @property
    def sale(self) -> SaleStatus:
        """
        Whether seats can be bought now.

        ``SOLD_OUT`` only for events from ``with_availability``, ``SOON`` for these or with ``has_seats``.
        """
        now = self.seen_at or timezone.now()
        if self.status == EventStatus.CANCELLED:
            return SaleStatus.CALLED_OFF
        if now >= self.ends_at:
            return SaleStatus.OVER
        if now < self.sales_from:
            return SaleStatus.UPCOMING
        if now >= self.sales_until:
            return SaleStatus.CLOSED
        if not getattr(self, "seats_total", getattr(self, "has_seats", 1)):
            return SaleStatus.SOON
        return SaleStatus.OPEN if getattr(self, "seats_free", 1) else SaleStatus.SOLD_OUT
