from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .event import MAX_CURVE, Event

MOST_TEXT = 40_000  # characters


class AreaKind(models.TextChoices):
    """Whether an area's places are seats on the map, or places that nobody chooses one by one."""

    SEATED = "seated", _("Seats with numbers")
    STANDING = "standing", _("Standing, or free choice of seats")


class Area(models.Model):
    """
    A part of the house at one event: stalls, balcony, floor.

    The places of a standing area are seats that the map doesn't draw, so that each has one occupant at most
    as any other has. An event whose seats have no area is one hall.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="areas")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=AreaKind, default=AreaKind.SEATED)
    position = models.PositiveSmallIntegerField(default=0, help_text=_("Order of the areas on pages."))
    description = models.CharField(
        max_length=300, blank=True, help_text=_("Note for buyers, such as no seats, step-free.")
    )
    curve = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(MAX_CURVE)],
        help_text=_("How far the row ends curve toward the stage, in quarters of a seat. 0: straight."),
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "slug"], name="area_slug_unique"),
            models.UniqueConstraint(fields=["event", "name"], name="area_name_unique"),
            models.CheckConstraint(condition=Q(kind__in=AreaKind.values), name="area_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_standing(self) -> bool:
        return self.kind == AreaKind.STANDING


class VenueLayout(models.Model):
    """The seats of a venue as text (``bookings.layouts.text``), kept for its next event."""

    name = models.CharField(max_length=80, unique=True)
    venue = models.CharField(max_length=200, blank=True)
    text = models.TextField(max_length=MOST_TEXT)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
