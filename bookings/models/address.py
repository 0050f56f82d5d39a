from django.db import models

from .event import Event


class EventAddress(models.Model):
    """
    A slug that an event has, or once had: each belongs to one event for good, so that old links lead on.

    A trigger of the database writes the rows (migration ``0006_life``), however an event is saved, and
    refuses a slug that was another event's.
    """

    slug = models.SlugField(max_length=80, unique=True)
    event = models.ForeignKey(Event, models.CASCADE, related_name="addresses", editable=False)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.slug
