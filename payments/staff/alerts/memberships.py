"""What can be wrong with memberships."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from payments.durations import FAILED_REFUND_SHOWN_FOR, LATE_AFTER, REFUSED_MAIL_SHOWN_FOR
from payments.memberships.going_live import open_test_memberships
from payments.models import (
    CheckProblem,
    MembershipNotification,
    MembershipReversal,
    PeriodMoney,
    StraySubscription,
    Subscription,
)
from payments.models.subscription import OVER, RUNNING, SubscriptionQuerySet
from payments.staff.alerts.registry import alert, rows_with, unapplied

HAS_OTHER_PRICE = ~Q(price_id=F("plan__price_id"))


@alert(
    Subscription,
    title=_("Customer pays for two memberships"),
    advice=_("End and refund this one in Stripe’s dashboard, then check with Stripe."),
)
def membership_twice(now: datetime) -> QuerySet[Subscription]:
    """Return memberships that are over here, but not at Stripe, where another took their place."""
    return _with_problem().filter(status__in=OVER, check_problem=CheckProblem.SECOND_MEMBERSHIP)


@alert(
    Subscription,
    title=_("Membership not found at Stripe"),
    advice=_("Only one? Remove it. Several? The shop has the wrong key: call your administrator."),
)
def membership_unknown(now: datetime) -> QuerySet[Subscription]:
    return _with_problem().current().filter(check_problem=CheckProblem.UNKNOWN)


@alert(
    Subscription,
    title=_("Test membership still active"),
    advice=_("The shop is live now. Open the membership and end it."),
)
def membership_of_test(now: datetime) -> QuerySet[Subscription]:
    return open_test_memberships().annotate(since=F("created_at"))


@alert(
    Subscription,
    title=_("Membership without a matching plan"),
    advice=_(
        "It has no benefits. Create a plan with its price or change the price at Stripe, then check "
        "with Stripe."
    ),
)
def membership_without_plan(now: datetime) -> QuerySet[Subscription]:
    known = _with_problem().current().exclude(check_problem=CheckProblem.UNKNOWN)
    return known.filter(HAS_OTHER_PRICE)


@alert(
    Subscription,
    title=_("Membership charged for two plans"),
    advice=_(
        "The more expensive plan counts. Remove the other in Stripe’s dashboard, then check with Stripe."
    ),
)
def membership_of_two_plans(now: datetime) -> QuerySet[Subscription]:
    return _with_problem().filter(check_problem=CheckProblem.TWO_PLANS)


@alert(
    Subscription,
    title=_("Unknown membership state at Stripe"),
    advice=_("The last known state still counts. Open it to see the details, then call your administrator."),
)
def membership_unreadable(now: datetime) -> QuerySet[Subscription]:
    return _with_problem().filter(check_problem=CheckProblem.UNREADABLE)


@alert(
    Subscription,
    title=_("Membership payment disputed"),
    advice=_(
        "Respond in Stripe’s dashboard before the deadline. If the full amount is disputed, benefits are off."
    ),
)
def membership_disputed(now: datetime) -> QuerySet[Subscription]:
    return rows_with(Subscription, MembershipReversal.objects.unanswered(), since="happened_at")


@alert(
    Subscription,
    title=_("Refunded membership will renew"),
    advice=_("No benefits until the next payment. To end it, cancel it in Stripe’s dashboard."),
)
def membership_goes_on_unpaid(now: datetime) -> QuerySet[Subscription]:
    lost = [PeriodMoney.REFUNDED, PeriodMoney.CHARGED_BACK]
    going_on = Subscription.objects.filter(money__in=lost, status__in=RUNNING, ends_at=None)
    return going_on.filter(collection_paused=False).annotate(since=_last_reversal())


@alert(
    Subscription,
    title=_("Membership refund failed"),
    advice=_("The member wasn’t paid and keeps the benefits. Refund them another way at Stripe."),
)
def membership_refund_failed(now: datetime) -> QuerySet[Subscription]:
    recent = MembershipReversal.objects.failed().filter(happened_at__gt=now - FAILED_REFUND_SHOWN_FOR)
    return rows_with(Subscription, recent, since="happened_at")


@alert(
    Subscription,
    title=_("Subscription created in Stripe’s dashboard"),
    advice=_("It has no benefits here. Adopt it or end it in Stripe’s dashboard."),
)
def membership_made_at_stripe(now: datetime) -> QuerySet[Subscription]:
    strays = StraySubscription.objects.open().filter(owner=OuterRef("pk")).order_by("created_at")
    since = Subquery(strays.values("created_at")[:1])
    return Subscription.objects.filter(Exists(strays)).annotate(since=since)


@alert(
    Subscription,
    title=_("Stripe rejected a member’s new email address"),
    advice=_("Open it to see why. Correct the account’s address, or check with Stripe to retry."),
)
def membership_address_refused(now: datetime) -> QuerySet[Subscription]:
    refused = Subscription.objects.exclude(customer_error="")
    return refused.annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Subscription,
    title=_("Membership event failed"),
    advice=_(
        "Check with Stripe to update the membership. Then open the event, see why it failed and replay it."
    ),
)
def membership_event_failed(now: datetime) -> QuerySet[Subscription]:
    return rows_with(Subscription, unapplied(now), since="received_at")


@alert(
    Subscription,
    title=_("Member email unsent for over 10 minutes"),
    advice=_("Check the address. If there are many, call your administrator."),
)
def membership_unmailed(now: datetime) -> QuerySet[Subscription]:
    unsent = MembershipNotification.objects.owed().filter(created_at__lt=now - LATE_AFTER)
    return rows_with(Subscription, unsent)


@alert(
    Subscription,
    title=_("Member’s email address rejected"),
    advice=_("Correct the account’s address under Users; the email is then sent. Shown for 30 days."),
)
def membership_mail_refused(now: datetime) -> QuerySet[Subscription]:
    refused = MembershipNotification.objects.refused()
    recent = refused.filter(refused_at__gt=now - REFUSED_MAIL_SHOWN_FOR)
    return rows_with(Subscription, recent, since="refused_at")


@alert(
    Subscription,
    title=_("Membership check failed"),
    advice=_("It’s retried automatically. If this gets old, open it to see why."),
    urgent=False,
)
def membership_unchecked(now: datetime) -> QuerySet[Subscription]:
    failed = [CheckProblem.FAILED, CheckProblem.REFUSED]
    return _with_problem().current().filter(check_problem__in=failed).exclude(HAS_OTHER_PRICE)


@alert(
    Subscription,
    title=_("Membership partly refunded"),
    advice=_("Benefits last until the period ends. To stop them, cancel it at Stripe."),
    urgent=False,
)
def membership_partly_back(now: datetime) -> QuerySet[Subscription]:
    partly = Subscription.objects.current().filter(money=PeriodMoney.PARTLY_BACK)
    return partly.annotate(since=_last_reversal())


def _last_reversal() -> Coalesce:
    """Return when the last money of the outer row went back."""
    own = MembershipReversal.objects.filter(subscription=OuterRef("pk")).order_by("-happened_at")
    return Coalesce(Subquery(own.values("happened_at")[:1]), "checked_at", "created_at")


def _with_problem() -> SubscriptionQuerySet:
    return Subscription.objects.exclude(check_problem="").annotate(since=Coalesce("checked_at", "created_at"))
