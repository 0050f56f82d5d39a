from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from bookings.addresses.fields import AddressField

LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5


class Purpose(models.TextChoices):
    """What the owner of the mailbox may do with a code."""

    SIGN_IN = "sign_in"
    OLD_ADDRESS = "old_address"  # to agree that the account gets another address
    NEW_ADDRESS = "new_address"  # to make this the account's address
    BOOKING = "booking"  # to book with this address while much of a house is held unpaid


class MailedCodeQuerySet(models.QuerySet["MailedCode"]):
    def usable(self, at: datetime) -> Self:
        return self.filter(used_at=None, tries__lt=MAX_TRIES, created_at__gt=at - LIFETIME)


class MailedCode(models.Model):
    """
    A code that was emailed to an address, to be typed in by the owner of the mailbox.

    Only a hash of the code is stored. Rows are kept for a day, because the limits on codes are counted by
    them.
    """

    email = AddressField(help_text="In lower case.")
    network = models.GenericIPAddressField(help_text="Where it was requested: an address, or a /64 of IPv6.")
    device = models.ForeignKey(
        "KnownDevice",
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The browser that requested it, if its owner has signed in with it before.",
    )
    purpose = models.CharField(max_length=12, choices=Purpose, db_default=Purpose.SIGN_IN)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="The account whose address changes, or who was signed in; empty for guests.",
    )
    fingerprint = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    objects = MailedCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=MAX_TRIES), name="mailed_code_tries_are_counted"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="mailed_code_purpose_known"),
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="mailed_code_of_email"),
            models.Index(fields=["network", "created_at"], name="mailed_code_of_network"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def tries_left(self) -> int:
        """How many tries are left; 0 if the code was used or has expired."""
        is_over = self.used_at or self.created_at <= timezone.now() - LIFETIME
        return 0 if is_over else MAX_TRIES - self.tries

    def redeem(self, typed: str) -> bool:
        """Count a try and return whether ``typed`` is the code. A code can be redeemed only once."""
        now = timezone.now()
        mine = MailedCode.objects.filter(pk=self.pk)
        # Both updates are conditional, so concurrent tries can't exceed the limit or redeem the code twice.
        if not mine.usable(now).update(tries=F("tries") + 1):
            return False
        is_right = constant_time_compare(self.fingerprint, fingerprint(self.email, typed))
        return is_right and bool(mine.filter(used_at=None).update(used_at=now))


def fingerprint(email: str, code: str) -> str:
    """Return the hash of a code and its address; spaces and dashes in the code are ignored."""
    digits = "".join(filter(str.isalnum, code))
    return salted_hmac("customers.code", f"{email}\n{digits}", algorithm="sha256").hexdigest()
