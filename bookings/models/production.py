from django.db import models
from django.urls import reverse


class Production(models.Model):
    """What is given on several dates. Each date is an event with its own seats, sale and rules."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("bookings:production", args=[self.slug])
