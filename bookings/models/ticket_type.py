from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from bookings.money import increment, minimum_charge, require_chargeable

from .area import Area
from .event import Event


class TicketTypeQuerySet(models.QuerySet["TicketType"]):
    def offered(self, at: datetime) -> Self:
        """Return the types that are sold ``at`` that time, to whoever may have them."""
        begun, open_ = Q(sold_from=None) | Q(sold_from__lte=at), Q(sold_until=None) | Q(sold_until__gt=at)
        return self.filter(begun, open_, is_offered=True)


class TicketType(models.Model):
    """
    Whom a place is for, at which price: adult, child, carer, early bird.

    It costs its own ``price`` (minor units; 0 is free), or ``percent_off`` less than the place does, or what
    the place does. ``taken`` of its ``quota`` are held or sold: a trigger counts, and a constraint keeps both
    (migration ``0015_places``), whatever changes a seat.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="types")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=60, help_text=_("Shown to buyers, such as Child up to 12."))
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    price = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("In the currency's minor unit. Empty: the place's price.")
    )
    percent_off = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Percentage off the place's price."),
    )
    areas = models.ManyToManyField(
        Area, blank=True, related_name="types", help_text=_("Areas where it's sold. None: everywhere.")
    )
    quota = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Number that can be sold. Empty: no limit.")
    )
    taken = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    at_least = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Minimum per booking, if any are booked.")
    )
    at_most = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("Maximum per booking."))
    sold_from = models.DateTimeField(null=True, blank=True)
    sold_until = models.DateTimeField(
        null=True, blank=True, help_text=_("For example for early-bird tickets.")
    )
    is_offered = models.BooleanField(default=True, db_default=True)
    needs_code = models.BooleanField(
        default=False, db_default=False, help_text=_("Hidden until a buyer enters an access code.")
    )
    members_only = models.BooleanField(default=False, db_default=False)
    proof = models.BooleanField(
        _("show proof at the door"),
        default=False,
        db_default=False,
        help_text=_("Holders must show proof at the door, such as a student card."),
    )
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = TicketTypeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "slug"], name="ticket_type_slug_unique"),
            models.UniqueConstraint(fields=["event", "name"], name="ticket_type_name_unique"),
            models.CheckConstraint(
                condition=Q(price=None) | Q(percent_off=None),
                name="ticket_type_has_one_price",
                violation_error_message=_("Enter a price or a percentage, not both."),
            ),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(percent_off__range=(1, 100)), name="ticket_type_per_cent"
            ),
            models.CheckConstraint(
                condition=Q(quota=None) | Q(taken__lte=F("quota")),
                name="ticket_type_quota_kept",
                violation_error_message=_("More are already sold or on hold."),
            ),
            models.CheckConstraint(
                condition=Q(at_least=None) | Q(at_most=None) | Q(at_most__gte=F("at_least")),
                name="ticket_type_most_is_not_below_least",
                violation_error_message=_("The maximum can't be lower than the minimum."),
            ),
            models.CheckConstraint(
                condition=Q(sold_from=None) | Q(sold_until=None) | Q(sold_until__gt=F("sold_from")),
                name="ticket_type_ends_after_it_starts",
                violation_error_message=_("Its sale must end after it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save it, and that it was changed, whichever columns are written."""
        if update_fields:
            update_fields = {*update_fields, "changed_at"}
        super().save(update_fields=update_fields, **options)

    def clean(self) -> None:
        if self.price and self.event_id:
            try:
                require_chargeable(self.price, self.event.currency)
            except ValueError as error:
                raise ValidationError({"price": str(error)}) from error
        if self.quota is not None and self.pk and self.quota < (sold := self.count_taken()):
            words = _("%(count)d are already sold or on hold.")
            raise ValidationError({"quota": words % {"count": sold}})

    @property
    def left(self) -> int | None:
        """How many of its quota are left; None means that it has none."""
        return None if self.quota is None else self.quota - self.taken

    def count_taken(self) -> int:
        """Return how many are held or sold, also without a quota, when ``taken`` isn't counted."""
        return self.seats.exclude(booking=None).count()

    def is_sold(self, at: datetime) -> bool:
        """Return whether it is on sale ``at`` that time, to whoever may have it."""
        begun, open_ = not self.sold_from or self.sold_from <= at, not self.sold_until or at < self.sold_until
        return self.is_offered and begun and open_

    def price_of(self, place: int, currency: str) -> int:
        """
        Return what it costs for a place of the price ``place``, in minor units of ``currency``.

        That is nothing, or an amount that can be charged: of less than Stripe's minimum, the minimum.
        """
        if self.price is not None:
            return self.price
        if not self.percent_off:
            return place
        return chargeable(place * (100 - self.percent_off) // 100, currency)


def chargeable(amount: int, currency: str) -> int:
    """Return ``amount``, rounded down as ``currency`` allows: 0, or at least what Stripe charges."""
    whole = amount - amount % increment(currency)
    return max(whole, minimum_charge(currency)) if whole else 0
