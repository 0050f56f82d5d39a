from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField
from bookings.references import new_reference
from payments.durations import ASK_INTERVAL
from payments.mode import is_live

from .idempotency import AskedUnderKey

Checked = TypeVar("Checked", bound="CheckedAtStripe")


class CheckProblem(models.TextChoices):
    """Why what is known here may not be what Stripe knows."""

    FAILED = "failed", _("Check failed")
    REFUSED = "refused", _("Stripe refused to answer")
    UNREADABLE = "unreadable", _("Unknown answer from Stripe")
    UNKNOWN = "unknown", _("Not found at Stripe")
    NO_PLAN = "no_plan", _("No plan matches its price")
    SECOND_MEMBERSHIP = "second_membership", _("Customer pays for a second one")
    TWO_PLANS = "two_plans", _("Charged for two plans in one")


class CheckedAtStripeQuerySet(models.QuerySet[Checked]):
    def of_this_mode(self) -> Self:
        """Return the rows about which Stripe can be asked with our key, or that have no mode yet."""
        return self.filter(Q(livemode=None) | Q(livemode=is_live()))

    def of_test_mode(self) -> Self:
        """Return what was made with a test key, if the key is live by now."""
        return self.filter(livemode=False) if is_live() else self.none()

    def to_check(self) -> Self:
        """Return the rows about which the reconciler asks Stripe, now or later; each model says which."""
        raise NotImplementedError

    def due(self, at: datetime) -> Self:
        """Return the rows about which the reconciler asks Stripe by ``at``."""
        return self.filter(next_check_at__lte=at)

    def check_soon(self) -> int:
        """Let the next run of the reconciler ask Stripe about these rows; return how many they are."""
        return self.update(next_check_at=timezone.now())


class CheckedAtStripe(AskedUnderKey):
    """
    A row whose counterpart at Stripe is looked up by customers, staff and, at planned times, the reconciler.

    The reconciler asks at ``next_check_at``, until nothing can change by itself any more. When that is, the
    models say in ``next_check``.
    """

    reference = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    status: models.CharField
    livemode = models.BooleanField(
        null=True,
        blank=True,
        help_text=_("Live mode. Unknown until Stripe answers."),
    )
    session_params = models.JSONField(
        null=True, blank=True, editable=False, help_text=_("Sent to Stripe, the same each time.")
    )
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("When Stripe was last asked."))
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When Stripe last answered."))
    checks = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("Number of checks by the reconciler.")
    )
    next_check_at = models.DateTimeField(null=True, blank=True)
    check_problem = models.CharField(max_length=20, choices=CheckProblem, blank=True)
    check_error = EvidenceField(blank=True, help_text=_("The problem, as staff see it."))

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(check_problem__in=["", *CheckProblem.values]),
                name="%(class)s_check_problem_known",
            ),
            models.CheckConstraint(
                condition=Q(check_problem="", check_error="") | ~Q(check_problem="") & ~Q(check_error=""),
                name="%(class)s_check_problem_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="%(class)s_to_check",
            ),
        ]

    @property
    def is_of_other_mode(self) -> bool:
        """Whether it was made with a key of the other mode, so that Stripe can't be asked about it."""
        return self.livemode is not None and self.livemode != is_live()

    @property
    def is_of_test_mode(self) -> bool:
        """Whether it was made with a test key, though the key is live by now."""
        return self.livemode is False and is_live()

    def next_check(self, *, checks: int) -> datetime | None:
        """Return when the reconciler asks next, after ``checks`` questions; None if it doesn't ask again."""
        raise NotImplementedError

    def plan_check(self, *, checks: int) -> None:
        """Set when the reconciler asks next, after it has asked ``checks`` times; nothing is saved."""
        self.checks, self.next_check_at = checks, self.next_check(checks=checks)

    def claim(self) -> bool:
        """Return whether Stripe may be asked now; if so, no other call may for ``ASK_INTERVAL``."""
        if self.is_of_other_mode:
            return False
        now = timezone.now()
        is_free = Q(asked_at=None) | Q(asked_at__lte=now - ASK_INTERVAL)
        return bool(self._stored().filter(is_free).update(asked_at=now))

    def claim_check(self) -> bool:
        """
        Return whether this process is to make the check that is due.

        The next one is planned before, so that there will be one even if this process dies.
        """
        turn = self._stored().filter(next_check_at=self.next_check_at)
        self.plan_check(checks=self.checks + 1)
        is_ours = turn.update(checks=F("checks") + 1, next_check_at=self.next_check_at)
        return bool(is_ours) and self.claim()

    def set_check_problem(self, problem: CheckProblem | None, words: str = "") -> None:
        """Set what is wrong and how staff read of it, or that nothing is; nothing is saved."""
        self.check_problem, self.check_error = problem or "", words

    def keep_check_problem(self, problem: CheckProblem, words: str) -> None:
        """Save why nothing came of asking Stripe, until something does."""
        self._stored().update(check_problem=problem, check_error=words)

    def _stored(self) -> models.QuerySet[Self]:
        return type(self)._default_manager.filter(pk=self.pk)
