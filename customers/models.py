"""Codes that are mailed to prove an address."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

LIFE = timedelta(minutes=15)
TRIES = 5


class MailedCodeQuerySet(models.QuerySet["MailedCode"]):
    def usable(self, at: datetime) -> Self:
        return self.filter(used_at=None, tries__lt=TRIES, created_at__gt=at - LIFE)


class MailedCode(models.Model):
    """
    A code that was mailed to an address: whoever types it reads that mailbox.

    Only a fingerprint of it is kept, and for a day at most. Its rows are also what limits are counted by, so
    they hold across all processes.
    """

    email = models.EmailField(help_text="In small letters.")
    network = models.GenericIPAddressField(help_text="Where it was asked for: an address, or a /64 of IPv6.")
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="Whose new address it shall prove; nobody’s if it signs in.",
    )
    fingerprint = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    objects = MailedCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=TRIES), name="mailed_code_tries_are_counted"),
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="mailed_code_of_email"),
            models.Index(fields=["network", "created_at"], name="mailed_code_of_network"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def tries_left(self) -> int:
        """How often it can still be tried; 0 if it was used, or has run out of time."""
        is_over = self.used_at or self.created_at <= timezone.now() - LIFE
        return 0 if is_over else TRIES - self.tries

    def is_proved_by(self, typed: str) -> bool:
        """Count a try, and return whether it was right. A code proves once, whoever else tries meanwhile."""
        now = timezone.now()
        mine = MailedCode.objects.filter(pk=self.pk)
        if not mine.usable(now).update(tries=F("tries") + 1):
            return False
        is_right = constant_time_compare(self.fingerprint, fingerprint(self.email, typed))
        return is_right and bool(mine.filter(used_at=None).update(used_at=now))


def fingerprint(email: str, code: str) -> str:
    """Return what is kept of a code; spaces and dashes in it don't count."""
    digits = "".join(filter(str.isalnum, code))
    return salted_hmac("customers.code", f"{email}\n{digits}", algorithm="sha256").hexdigest()
