from django.db import models
from django.utils.translation import gettext_lazy as _


class Backfill(models.Model):
    """How far Stripe's list of events has been read; there is one row at most."""

    read_until = models.DateTimeField(help_text=_("Events of Stripe's up to then are known here."))

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="backfill_is_one_row")]

    def __str__(self) -> str:
        return self.read_until.isoformat()
