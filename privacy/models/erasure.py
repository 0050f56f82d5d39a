from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from bookings.models import Event


class Erasure(models.Model):
    """
    That a customer was erased, when and by whom; ``digest`` is a keyed hash of the address, which isn't kept.

    ``by`` is None for the command.
    """

    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    bookings = models.PositiveIntegerField(help_text=_("Number of erased bookings."))
    was_forced = models.BooleanField(help_text=_("Erased despite an upcoming event."))

    class Meta:
        ordering = ["-at"]
        permissions = [("export_customer", _("Can download a customer’s data"))]

    def __str__(self) -> str:
        return f"{self.digest[:8]}…, {self.at:%Y-%m-%d}"


class ClearedEvent(models.Model):
    """An event that ended so long ago that nothing personal of its bookings is kept any more."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.event)


def digest_of(email: str) -> str:
    """Return the keyed hash of an address."""
    return salted_hmac("privacy.erasure", email.strip().lower(), algorithm="sha256").hexdigest()
