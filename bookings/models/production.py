from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branding.models import Picture


class Production(models.Model):
    """What is given on several dates. Each date is an event with its own seats, sale and rules."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
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

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("bookings:production", args=[self.slug])
