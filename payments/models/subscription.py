from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressField
from bookings.fields import EvidenceField
from legal.models import LegalText
from payments import schedule
from payments.mode import is_live

from .checked_at_stripe import CheckedAtStripe, CheckedAtStripeQuerySet, CheckProblem
from .payment import Cause
from .plan import Plan


def membership_topic(customer_id: int) -> str:
    """Return the topic by which pages wait for changes of a customer's membership."""
    return f"membership:{customer_id}"


class SubscriptionStatus(models.TextChoices):
    """``pending`` and ``expired`` are ours, for the Checkout Session; all others are Stripe's."""

    PENDING = "pending", _("Not paid yet")
    EXPIRED = "expired", _("Never paid")
    INCOMPLETE = "incomplete", _("First payment under way")
    INCOMPLETE_EXPIRED = "incomplete_expired", _("First payment failed")
    TRIALING = "trialing", _("Trial")
    ACTIVE = "active", _("Active")
    PAST_DUE = "past_due", _("Payment overdue")
    UNPAID = "unpaid", _("Unpaid")
    PAUSED = "paused", _("Paused")
    CANCELED = "canceled", _("Ended")


class PeriodMoney(models.TextChoices):
    """State of the current period's payment. What each gives is in ``entitlements.KEEPS``."""

    KEPT = "kept", _("Paid")
    PARTLY_BACK = "partly_back", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")
    DISPUTED = "disputed", _("Payment disputed")
    CHARGED_BACK = "charged_back", _("Charged back by the bank")


# The current period isn't paid for.
GONE = [PeriodMoney.REFUNDED, PeriodMoney.DISPUTED, PeriodMoney.CHARGED_BACK]

OVER = [SubscriptionStatus.EXPIRED, SubscriptionStatus.INCOMPLETE_EXPIRED, SubscriptionStatus.CANCELED]
RUNNING = [SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE]
ENTITLING = [*RUNNING, SubscriptionStatus.PAST_DUE]


class Source(models.TextChoices):
    """What made us fetch the state that is saved."""

    WEBHOOK = "webhook", _("Stripe's event")
    VERIFICATION = "verification", _("Checked for the customer or by staff")
    RECONCILER = "reconciler", _("Checked by the reconciler")


class SubscriptionQuerySet(CheckedAtStripeQuerySet["Subscription"]):
    def current(self) -> Self:
        """Return the subscriptions that aren't over; a customer has one at most."""
        return self.exclude(status__in=OVER)

    def without_ended_tests(self) -> Self:
        """Leave out what is over and was subscribed to with a test key, if the key is live by now."""
        return self.exclude(status__in=OVER, livemode=False) if is_live() else self

    def to_check(self) -> Self:
        """Return the current ones, and those that are over here though Stripe still charges for them."""
        return self.of_this_mode().exclude(status__in=OVER, check_problem="")


class Subscription(CheckedAtStripe):
    """
    A customer's membership, paid by one Stripe subscription and opened by one Checkout Session.

    The row is committed before the session is opened. Its ``status``, period and end are what Stripe last
    said, at ``checked_at``; ``entitled_until`` follows from them, by ``payments.memberships.entitlements``.

    Two fetches at once may arrive in another order than Stripe answered them in. So ``fetches`` counts them
    all, ``snapshot_number`` is the one whose answer is saved, and ``fetches_at_snapshot`` is how many had
    begun when it came: the answers to these may be newer.
    """

    key_prefix = "membership"

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="subscriptions")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="subscriptions")
    email = AddressField(help_text=_("Email address."))
    language = models.CharField(
        max_length=10, default=settings.LANGUAGE_CODE, help_text=_("Language of its emails.")
    )
    status = models.CharField(max_length=20, choices=SubscriptionStatus, default=SubscriptionStatus.PENDING)
    price_id = models.CharField(max_length=255, blank=True, help_text=_("What Stripe charges for it."))
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    checkout_url = models.TextField(blank=True)
    expires_at = models.DateTimeField(help_text=_("When Stripe closes the session."))
    subscription_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_customer_id = models.CharField(_("Stripe customer"), max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("When it ends or ended."))
    collection_paused = models.BooleanField(default=False)
    entitled_until = models.DateTimeField(null=True, blank=True, help_text=_("None: no benefits."))
    money = models.CharField(
        max_length=15,
        choices=PeriodMoney,
        default=PeriodMoney.KEPT,
        db_default=PeriodMoney.KEPT.value,
        help_text=_("State of the current period's payment."),
    )
    next_charge_amount = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_("Next charge by Stripe’s preview, in the currency’s minor unit. None: unknown."),
    )
    next_charge_currency = models.CharField(max_length=3, blank=True, db_default="")
    next_charge_at = models.DateTimeField(null=True, blank=True)
    customer_due_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when Stripe lacks the account’s new email address.")
    )
    customer_error = EvidenceField(
        blank=True, db_default="", help_text=_("Why Stripe rejected the account’s email address.")
    )
    accepted_terms = models.ForeignKey(
        LegalText,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Version of the terms the customer accepted. Empty: none."),
    )
    source = models.CharField(max_length=15, choices=Source, blank=True)
    fetches = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("Number of requests to Stripe about the subscription.")
    )
    snapshot_number = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("Number of the request that got the current answer.")
    )
    fetches_at_snapshot = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("Number of requests made when that answer came.")
    )
    snapshot_asked_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When Stripe was asked for this.")
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta(CheckedAtStripe.Meta):
        ordering = ["-created_at"]
        constraints = [
            *CheckedAtStripe.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status__in=SubscriptionStatus.values), name="subscription_status_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["", *Source.values]), name="subscription_source_known"
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=~Q(status__in=OVER), name="subscription_one_current_a_customer"
            ),
            # Benefits need a subscription that Stripe has confirmed.
            models.CheckConstraint(
                condition=Q(entitled_until=None)
                | Q(status__in=ENTITLING, subscription_id__isnull=False, checked_at__isnull=False),
                name="subscription_gives_by_stripes_word",
            ),
            models.CheckConstraint(
                condition=Q(money__in=PeriodMoney.values), name="subscription_money_known"
            ),
            models.CheckConstraint(
                condition=Q(entitled_until=None) | ~Q(money__in=GONE),
                name="subscription_gives_for_money_that_stayed",
            ),
            models.CheckConstraint(
                condition=Q(next_charge_amount=None) | ~Q(next_charge_currency=""),
                name="subscription_next_charge_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "expired"]) | Q(subscription_id__isnull=False),
                name="subscription_of_stripe_has_its_id",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="subscription_session_ends_ahead"
            ),
        ]

    def __str__(self) -> str:
        return self.subscription_id or self.reference

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def has_lost_its_money(self) -> bool:
        """Whether the money for the current period is back, or with the bank."""
        return self.money in GONE

    @property
    def is_to_be_paid(self) -> bool:
        """Whether Stripe is going to charge for a next period."""
        return self.status in RUNNING and self.ends_at is None and not self.collection_paused

    @property
    def has_next_charge(self) -> bool:
        """Whether it is known what Stripe will charge next, and when."""
        return self.is_to_be_paid and self.next_charge_amount is not None and self.next_charge_at is not None

    def is_entitled(self, at: datetime | None = None) -> bool:
        """Whether it gives its plan's benefits at that moment, now by default."""
        return self.entitled_until is not None and (at or timezone.now()) < self.entitled_until

    def next_check(self, *, checks: int) -> datetime | None:
        now = timezone.now()
        if self.is_over:
            # With a problem, Stripe still charges for it.
            return now + schedule.OVER_BUT_CHARGED if self.check_problem else None
        if self.status == SubscriptionStatus.PENDING:
            return schedule.next_check(self.status, checks=checks, ends_at=self.expires_at, now=now)
        ends = (self.period_end, self.ends_at)
        return schedule.next_membership_check(self.status, checks=checks, ends=ends, now=now)

    def keep_check_problem(self, problem: CheckProblem, words: str) -> None:
        """Save it, unless the row is over: then its problem is what staff have to end at Stripe."""
        current = Subscription.objects.current().filter(pk=self.pk)
        current.update(check_problem=problem, check_error=words)


class SubscriptionChange(models.Model):
    """A change of a subscription, for its timeline."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="changes")
    from_status = models.CharField(max_length=20, choices=SubscriptionStatus)
    to_status = models.CharField(max_length=20, choices=SubscriptionStatus)
    from_plan = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    to_plan = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    entitled_until = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=20, choices=Cause)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=Cause.values), name="subscription_change_cause_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"


class StraySubscriptionQuerySet(models.QuerySet["StraySubscription"]):
    def open(self) -> Self:
        """Return those of our key's mode that Stripe charges for, or will, and that no membership here is."""
        waiting = [*OVER, SubscriptionStatus.INCOMPLETE]
        ours = self.exclude(owner__livemode=not is_live())
        return ours.filter(adopted_at=None).exclude(status__in=waiting)


class StraySubscription(models.Model):
    """
    A subscription that was made in Stripe's dashboard, for a customer and a plan that are known here.

    It gives nothing until staff adopt it. ``status`` is Stripe's own word, which may be one that isn't known
    here. ``owner`` is the customer's last membership when it was found.
    """

    subscription_id = models.CharField(max_length=255, unique=True)
    owner = models.ForeignKey(Subscription, models.PROTECT, related_name="strays")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    status = models.CharField(max_length=50)
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(help_text=_("When Stripe was asked for this."))
    adopted_at = models.DateTimeField(null=True, blank=True)

    objects = StraySubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.subscription_id
