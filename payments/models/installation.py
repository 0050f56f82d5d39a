from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressField
from bookings.fields import EvidenceField
from bookings.references import new_reference

from .payment import Payment, StripeState
from .subscription import Subscription


class Installation(models.Model):
    """
    This installation: one row, made when it is first needed.

    ``shop`` is in the metadata of everything made at Stripe, where several shops may share an account.
    """

    shop = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="installation_is_one")]

    def __str__(self) -> str:
        return self.shop


class StripeAllowance(models.Model):
    """
    Where the line of those stands who want to write to Stripe: one row, for all processes.

    ``payments.gateway.transport.allowance`` says how it is used.
    """

    next_at = models.DateTimeField(db_default=Now())  # when the next write that is reserved may be sent
    paused_until = models.DateTimeField(db_default=Now())  # by Stripe's latest 429
    pushed_back = models.FloatField(db_default=0)  # s by which 429s have moved reserved writes, in all

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="stripe_allowance_is_one")]

    def __str__(self) -> str:
        return self.next_at.isoformat()


def shop_id() -> str:
    """Return the id by which this installation tells what is its own at Stripe."""
    installation, _is_new = Installation.objects.get_or_create(pk=1)
    return installation.shop


class Backfill(models.Model):
    """How far Stripe's list of events has been read; there is one row at most."""

    read_until = models.DateTimeField(help_text=_("Stripe events up to then are processed."))
    livemode = models.BooleanField(
        null=True, blank=True, help_text=_("Live mode. Each mode has its own list.")
    )

    ended_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the reconciler last finished a run.")
    )
    worker_ahead = models.FloatField(
        null=True, blank=True, help_text=_("How far the worker’s clock is ahead of Stripe’s, in seconds.")
    )
    database_ahead = models.FloatField(
        null=True, blank=True, help_text=_("How far the database’s clock is ahead of Stripe’s, in seconds.")
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="backfill_is_one_row")]

    def __str__(self) -> str:
        return self.read_until.isoformat()


class RefusedQuestion(models.Model):
    """
    A kind of question that Stripe doesn't answer to our key, until it does again.

    ``question`` is the function of ``payments.gateway`` that asked. It is empty if Stripe doesn't know the
    key at all, so that nothing can be asked.
    """

    question = models.CharField(max_length=100, unique=True, blank=True)
    error = EvidenceField(help_text=_("Stripe's answer."))
    since = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["since"]

    def __str__(self) -> str:
        return self.question or self.error


class UnlistedProxy(models.Model):
    """
    A machine of a private network that passes requests on, though ``TRUSTED_PROXIES`` doesn't have it.

    Noted by each web process, for the warnings of all and for the doctor.
    """

    address = models.GenericIPAddressField(unique=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["first_at"]
        verbose_name_plural = _("unlisted proxies")

    def __str__(self) -> str:
        return self.address


class Restore(models.Model):
    """
    A restore of the database from a backup whose newest rows are of ``data_until``; sales stay closed.

    What was bought since is unknown here until Stripe's sessions and events have been read. The old shop sold
    until ``down_since``; None if nobody knows.
    """

    data_until = models.DateTimeField()
    down_since = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(auto_now_add=True)
    sessions_read_at = models.DateTimeField(null=True, blank=True)
    events_read_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("When sales reopened."))

    class Meta:
        ordering = ["-begun_at"]
        constraints = [
            models.UniqueConstraint(fields=["ended_at"], nulls_distinct=False, name="restore_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.data_until:%Y-%m-%d %H:%M}"

    @property
    def is_read(self) -> bool:
        """Whether it is known what was bought since ``data_until``."""
        return bool(self.sessions_read_at and self.events_read_at)


def open_restore() -> Restore | None:
    """Return the restore that isn't ended, or None: then this is a shop like any other."""
    return Restore.objects.filter(ended_at=None).first()


class LostOutcome(models.TextChoices):
    """What has become of a lost session."""

    UNDECIDED = "undecided", _("Undecided")
    REBUILT = "rebuilt", _("Rebuilt")
    GIVEN_BACK = "given_back", _("Refunded")
    UNPAID = "unpaid", _("Not paid")


class LostSessionQuerySet(models.QuerySet["LostSession"]):
    def undecided(self) -> Self:
        return self.filter(outcome=LostOutcome.UNDECIDED)

    def given_back(self) -> Self:
        """Return those whose money went back without a payment here, so that no event can be applied."""
        return self.filter(outcome=LostOutcome.GIVEN_BACK, payment=None)

    def owed_nothing(self, event_type: str) -> Self:
        """Return those to which an event of this type changes nothing."""
        unpaid = self.filter(outcome=LostOutcome.UNPAID)
        return self.given_back() | unpaid if event_type in ENDS_UNPAID else self.given_back()

    def of(self, reference: str) -> bool:
        """Return whether one of them is that of the lost row with this reference."""
        return self.filter(reference=reference).exists()


# Stripe's types of events that tell of the end of a session which nobody paid.
ENDS_UNPAID = ("checkout.session.expired", "checkout.session.async_payment_failed")


class LostSession(models.Model):
    """
    A Checkout Session of this shop's that was opened after the backup, so that nothing here knew it.

    ``reference`` is that of the payment or the membership which was lost, ``amount`` is in the minor unit of
    ``currency``, and ``state`` as Stripe said when it was asked last. A ``refund_id`` is only here if the
    money went back without a payment here.
    """

    restore = models.ForeignKey(Restore, models.PROTECT, related_name="sessions")
    session_id = models.CharField(max_length=255, unique=True)
    reference = models.CharField(max_length=26, db_index=True)
    is_membership = models.BooleanField(default=False)
    event_slug = models.CharField(max_length=80, blank=True)
    seats = models.TextField(blank=True, help_text=_("Seat labels."))
    name = models.CharField(max_length=200, blank=True)
    email = AddressField(blank=True)
    amount = models.PositiveBigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=20, choices=StripeState)
    opened_at = models.DateTimeField(help_text=_("When it was opened at Stripe."))
    outcome = models.CharField(max_length=10, choices=LostOutcome, default=LostOutcome.UNDECIDED)
    error = EvidenceField(blank=True, help_text=_("Why it couldn’t be rebuilt."))
    decided_at = models.DateTimeField(null=True, blank=True)
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, blank=True, related_name="lost")
    subscription = models.OneToOneField(
        Subscription, models.PROTECT, null=True, blank=True, related_name="lost"
    )
    refund_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LostSessionQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=LostOutcome.values), name="lost_session_outcome_known"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="undecided", decided_at=None)
                | ~models.Q(outcome="undecided") & models.Q(decided_at__isnull=False),
                name="lost_session_decided_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_slug} {self.seats}".strip() or self.reference

    def decide(self, outcome: LostOutcome) -> None:
        """Save what has become of it, with the row that it has here, if any."""
        self.outcome, self.error = outcome, ""
        self.decided_at = None if outcome == LostOutcome.UNDECIDED else timezone.now()
        self.save()
