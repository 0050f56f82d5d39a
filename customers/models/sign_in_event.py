import unicodedata

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class Factor(models.TextChoices):
    """By what somebody proved who they are."""

    PASSWORD = "password", _("Password")
    APP = "app", _("Authenticator app")
    RECOVERY = "recovery", _("Recovery code")
    PASSKEY = "passkey", _("Passkey")
    EMAILED = "emailed", _("Emailed code")


class Step(models.TextChoices):
    """What happened in a sign-in, or to the ways to sign in."""

    TRIED = "tried", _("Not finished")
    WRONG = "wrong", _("Wrong")
    TOO_MANY = "too_many", _("Refused: too many tries")
    PASSED = "passed", _("Right, next step needed")
    SIGNED_IN = "signed_in", _("Signed in")
    ENDED = "ended", _("Signed out everywhere")
    ADDED = "added", _("Added or replaced")
    REMOVED = "removed", _("Removed")
    RESET = "reset", _("Second factor reset")
    ADDRESS = "address", _("Address changed")


class SignInEventQuerySet(models.QuerySet["SignInEvent"]):
    def failures(self) -> "SignInEventQuerySet":
        """Return what limits count. Unfinished tries count too, so concurrent ones can't exceed a limit."""
        return self.filter(step__in=[Step.TRIED, Step.WRONG])


class SignInEvent(models.Model):
    """
    One step of a sign-in, as an audit log and for counting tries.

    It has no email address and no name that was typed: ``subject`` is a hash of it, so that tries for names
    without an account are counted as well. ``account`` is a staff member's username, or a customer's random
    one, and stays if the account is deleted.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    step = models.CharField(max_length=10, choices=Step)
    factor = models.CharField(max_length=10, choices=Factor, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    account = models.CharField(max_length=150, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    network = models.GenericIPAddressField(null=True, help_text="An address, or a /64 of IPv6.")
    device = models.ForeignKey("KnownDevice", models.SET_NULL, null=True, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="If not the owner."
    )

    objects = SignInEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in event")
        constraints = [
            models.CheckConstraint(condition=Q(step__in=Step.values), name="sign_in_step_known"),
            models.CheckConstraint(condition=Q(factor__in=[*Factor.values, ""]), name="sign_in_factor_known"),
        ]
        indexes = [
            models.Index(fields=["subject", "created_at"], name="sign_in_of_subject"),
            models.Index(fields=["network", "created_at"], name="sign_in_of_network"),
            models.Index(fields=["user", "created_at"], name="sign_in_of_user"),
            models.Index(fields=["created_at"], name="sign_in_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()}, {self.created_at:%Y-%m-%d %H:%M}"

    def end(self, step: Step, user: User | None = None) -> None:
        """Record how a try ended, and whose account it was for."""
        self.step, self.user = step, user or self.user
        self.account = self.user.get_username() if self.user else ""
        self.save(update_fields=["step", "user", "account"])


def subject_of(name: str) -> str:
    """Return the hash under which tries for the username ``name`` are counted."""
    return salted_hmac(
        "customers.sign_in", unicodedata.normalize("NFKC", name), algorithm="sha256"
    ).hexdigest()
