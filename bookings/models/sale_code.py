from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .event import Event
from .ticket_type import TicketType


class SaleCode(models.Model):
    """
    What a buyer types for a lower price (promotion), to see what is hidden (access), or for both.

    ``used`` bookings hold or have it: a trigger counts, and a constraint keeps the ``limit`` (migration
    ``0015_places``). What is let go or cancelled gives it back.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="codes")
    code = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9_-]*\Z", _("Capital letters, digits, - and _."))],
        help_text=_("Such as SPRING-27. Not case-sensitive for buyers."),
    )
    note = models.CharField(max_length=200, blank=True, help_text=_("For staff: who it’s for and why."))
    percent_off = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Percentage off each place. 100: free."),
    )
    amount_off = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Amount off the whole booking, in the currency's minor unit."),
    )
    types = models.ManyToManyField(
        TicketType, blank=True, related_name="codes", help_text=_("Ticket types it discounts. None: all.")
    )
    opens = models.ManyToManyField(
        TicketType, blank=True, related_name="opened_by", help_text=_("Hidden ticket types it unlocks.")
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    limit = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Number of bookings. Empty: no limit.")
    )
    limit_per_customer = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Number of bookings per email address.")
    )
    places_at_most = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Number of places per booking, most expensive first. Empty: all."),
    )
    used = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="sale_code_unique"),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(amount_off=None),
                name="sale_code_takes_off_in_one_way",
                violation_error_message=_("Enter a percentage or an amount, not both."),
            ),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(percent_off__range=(1, 100)), name="sale_code_per_cent"
            ),
            models.CheckConstraint(
                condition=Q(amount_off=None) | Q(amount_off__gt=0), name="sale_code_amount"
            ),
            models.CheckConstraint(
                condition=Q(limit=None) | Q(used__lte=F("limit")),
                name="sale_code_limit_kept",
                violation_error_message=_("More bookings have already used it."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="sale_code_ends_after_it_starts",
                violation_error_message=_("It must end after it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        if self.limit is not None and self.limit < self.used:
            words = _("%(count)d bookings have already used it.")
            raise ValidationError({"limit": words % {"count": self.used}})
        if self.amount_off is not None and self.places_at_most is not None:
            raise ValidationError({"places_at_most": _("An amount always applies to the whole booking.")})

    def is_valid(self, at: datetime) -> bool:
        """Return whether it can be used ``at`` that time, unless it is used up."""
        begun, open_ = (
            not self.valid_from or self.valid_from <= at,
            not self.valid_until or at < self.valid_until,
        )
        return self.is_active and begun and open_

    @property
    def is_used_up(self) -> bool:
        return self.limit is not None and self.used >= self.limit


def normal_code(typed: str) -> str:
    """Return the code that somebody means who typed this: in capitals, without spaces."""
    return "".join(typed.split()).upper()
