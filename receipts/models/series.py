from django.db import models
from django.db.models import Q
from django.utils import timezone

from legal.models import House
from payments.models import Restore

PARTS = ["", *"BCDEFGHIJKLMNOPQRSTUVWXYZ"]


class Series(models.Model):
    """
    The numbers of one year's receipts: 1 to ``last``, without gaps.

    Whoever issues locks its row, and commits ``last`` with the receipts that it counts. Test mode has series
    of its own. A restored database has forgotten which numbers were given out last, so from then on the year
    has another ``part``, with a letter after the year: no number is ever given out twice.
    """

    is_live = models.BooleanField()
    year = models.PositiveSmallIntegerField()
    part = models.PositiveSmallIntegerField(default=0)
    prefix = models.CharField(max_length=10, blank=True)
    last = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["year", "part"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["is_live", "year", "part"], name="receipt_series_unique"),
            models.CheckConstraint(condition=Q(part__lt=len(PARTS)), name="receipt_series_part_has_a_letter"),
        ]

    def __str__(self) -> str:
        test = "" if self.is_live else "TEST-"
        return f"{self.prefix}{test}{self.year}{PARTS[self.part]}"

    @classmethod
    def lock(cls, house: House, *, is_live: bool) -> "Series":
        """Return the series of this moment, opened if needed, and locked until the transaction ends."""
        year = timezone.localdate().year
        mine = cls._default_manager.filter(is_live=is_live, year=year)
        newest = mine.select_for_update().order_by("-part").first()
        restored = Restore.objects.order_by("-begun_at").first()
        if newest and not (restored and newest.opened_at < restored.begun_at):
            return newest
        part = newest.part + 1 if newest else 0
        cls._default_manager.get_or_create(
            is_live=is_live, year=year, part=part, defaults={"prefix": house.receipt_prefix}
        )
        return mine.select_for_update().get(part=part)

    def next_number(self) -> tuple[int, str]:
        """Count one more, and return its position and what is printed. The caller saves the series."""
        self.last += 1
        return self.last, f"{self}-{self.last:06d}"
