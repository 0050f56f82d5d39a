from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Till(models.Model):
    """
    One person's cash drawer, from when they open it until they have counted it.

    Amounts are in the minor unit of ``currency``. ``float`` was in it at first, ``expected`` is that and what
    was taken and given back in cash, and ``counted`` what was found. It is signed by whoever closes it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tills")
    currency = models.CharField(max_length=3)
    float = models.PositiveBigIntegerField(default=0, help_text=_("Cash when opened, in the minor unit."))
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    expected = models.BigIntegerField(null=True, blank=True)
    counted = models.PositiveBigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text=_("Reason for the difference."))
    signature = models.CharField(max_length=200, blank=True, help_text=_("Name of the person who counted."))

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "currency"], condition=Q(closed_at=None), name="till_one_open_a_person"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, expected=None, counted=None)
                | Q(closed_at__isnull=False, expected__isnull=False, counted__isnull=False)
                & ~Q(signature=""),
                name="till_closed_is_counted_and_signed",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(counted=F("expected")) | ~Q(note=""),
                name="till_difference_is_explained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def difference(self) -> int | None:
        """What is over, or missing if it is negative, in the minor unit; None until it is counted."""
        return None if self.counted is None or self.expected is None else self.counted - self.expected
