from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .event import Event


class EventScope(models.Model):
    """
    The chosen events that a member of staff is limited to; whoever has no row is limited to none.

    Their groups say what they may do, and this with which events. Superusers aren't limited.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="event_scope")
    events = models.ManyToManyField(
        Event,
        blank=True,
        related_name="+",
        help_text=_("They only see these events and everything that belongs to them."),
    )

    class Meta:
        verbose_name = _("limit to chosen events")
        verbose_name_plural = _("limits to chosen events")

    def __str__(self) -> str:
        return f"{self.user}"
