from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.event import Event

VERSION_DIGITS = 14  # of a list's version; more are no date
MOST_AT_ONCE = 200  # scans, from a device that has been without a network


class DeviceRole(models.TextChoices):
    """What somebody at the door may do with a device."""

    STEWARD = "steward", _("Steward")
    SUPERVISOR = "supervisor", _("Supervisor")


class DeviceQuerySet(models.QuerySet["Device"]):
    def paired(self) -> Self:
        """Return the devices that have taken up their code, those that are revoked or expired included."""
        return self.exclude(paired_at=None)

    def working(self, at: datetime) -> Self:
        """Return the devices that may scan."""
        return self.paired().filter(revoked_at=None, expires_at__gt=at)

    def inviting(self, at: datetime) -> Self:
        """Return the devices whose code can still be taken up."""
        return self.filter(paired_at=None, revoked_at=None, code_until__gt=at)


class Device(models.Model):
    """
    A phone or a scanner at the door: it may scan at its ``events`` until ``expires_at``.

    Staff make it with a code, of which only a hash is stored, and somebody types or scans that code on the
    phone before ``code_until``. The phone then has a secret, of which ``secret_hash`` is the SHA-256 in hex.
    ``allowance`` is how many scans it could send at once at ``allowed_at``; it grows with time.
    What it said last: ``list_version``, ``queued`` scans, and ``skew_ms``, its clock minus ours.
    """

    name = models.CharField(max_length=100)
    events = models.ManyToManyField(Event, related_name="door_devices")
    role = models.CharField(max_length=10, choices=DeviceRole, default=DeviceRole.STEWARD)
    gate = models.CharField(max_length=60, blank=True, help_text=_("Such as North. Empty: no gate."))
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    code_until = models.DateTimeField(editable=False)
    secret_hash = models.CharField(max_length=64, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text=_("Empty: made by a command."),
    )
    made_at = models.DateTimeField(auto_now_add=True)
    paired_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    list_version = models.CharField(max_length=40, blank=True, editable=False)
    queued = models.PositiveIntegerField(default=0, editable=False)
    skew_ms = models.BigIntegerField(default=0, editable=False)
    allowance = models.FloatField(default=MOST_AT_ONCE, editable=False)
    allowed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("door device")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=DeviceRole.values), name="door_device_role_known"),
            models.CheckConstraint(
                condition=Q(paired_at=None, secret_hash="") | Q(paired_at__isnull=False) & ~Q(secret_hash=""),
                name="door_device_paired_has_a_secret",
            ),
            models.UniqueConstraint(
                fields=["secret_hash"], condition=~Q(secret_hash=""), name="door_device_secret_unique"
            ),
            models.UniqueConstraint(
                fields=["code_hash"], condition=~Q(code_hash=""), name="door_device_code_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_supervisors(self) -> bool:
        return self.role == DeviceRole.SUPERVISOR

    @property
    def listed_at(self) -> datetime | None:
        """When the list was made that it has: a version of a list is that time, in ms."""
        version = self.list_version
        if not (version.isascii() and version.isdigit() and len(version) <= VERSION_DIGITS):
            return None
        return datetime.fromtimestamp(int(version) / 1000, UTC)

    @property
    def is_working(self) -> bool:
        """Whether it may scan now."""
        return bool(self.paired_at) and not self.revoked_at and self.expires_at > timezone.now()
