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
    title=_("A membership is paid for, though its customer has another"),
    advice=_("End it in Stripe’s dashboard and pay it back there, then ask Stripe."),
)
def membership_twice(now: datetime) -> QuerySet[Subscription]:
    """Return memberships that are over here, but not at Stripe, where another took their place."""
    return _with_problem().filter(status__in=OVER, check_problem=CheckProblem.SECOND_MEMBERSHIP)


@alert(
    Subscription,
    title=_("Stripe doesn’t know a membership"),
    advice=_("If it is the only one, let it go. If there are others, the shop has the wrong key."),
)
def membership_unknown(now: datetime) -> QuerySet[Subscription]:
    return _with_problem().current().filter(check_problem=CheckProblem.UNKNOWN)


@alert(
    Subscription,
    title=_("A membership of test mode still counts"),
    advice=_("Your key is live now. Open it and end it."),
)
def membership_of_test(now: datetime) -> QuerySet[Subscription]:
    return open_test_memberships().annotate(since=F("created_at"))


@alert(
    Subscription,
    title=_("A membership’s price belongs to no plan"),
    advice=_("It gives nothing. Make a plan with its price, or change it at Stripe; then ask Stripe."),
)
def membership_without_plan(now: datetime) -> QuerySet[Subscription]:
    known = _with_problem().current().exclude(check_problem=CheckProblem.UNKNOWN)
    return known.filter(HAS_OTHER_PRICE)


@alert(
    Subscription,
    title=_("A membership is charged for two plans"),
    advice=_("The dearer one counts. Remove the other in Stripe’s dashboard, then ask Stripe."),
)
def membership_of_two_plans(now: datetime) -> QuerySet[Subscription]:
    return _with_problem().filter(check_problem=CheckProblem.TWO_PLANS)


@alert(
    Subscription,
    title=_("Stripe says something of a membership that isn’t known here"),
    advice=_("What was known still counts. Open it, read what, and call whoever looks after the shop."),
)
def membership_unreadable(now: datetime) -> QuerySet[Subscription]:
    return _with_problem().filter(check_problem=CheckProblem.UNREADABLE)


@alert(
    Subscription,
    title=_("A membership’s payment is disputed with the bank"),
    advice=_("Answer in Stripe’s dashboard before its time is over. If all is disputed, benefits are off."),
)
def membership_disputed(now: datetime) -> QuerySet[Subscription]:
    return rows_with(Subscription, MembershipReversal.objects.unanswered(), since="happened_at")


@alert(
    Subscription,
    title=_("A membership’s money is back, and Stripe charges for it again"),
    advice=_("It gives nothing until its next payment. If it should end, cancel it in Stripe’s dashboard."),
)
def membership_goes_on_unpaid(now: datetime) -> QuerySet[Subscription]:
    lost = [PeriodMoney.REFUNDED, PeriodMoney.CHARGED_BACK]
    going_on = Subscription.objects.filter(money__in=lost, status__in=RUNNING, ends_at=None)
    return going_on.filter(collection_paused=False).annotate(since=_last_reversal())


@alert(
    Subscription,
    title=_("A refund of a membership came to nothing"),
    advice=_("The member has no money, and keeps the benefits. Pay it back in another way at Stripe."),
)
def membership_refund_failed(now: datetime) -> QuerySet[Subscription]:
    recent = MembershipReversal.objects.failed().filter(happened_at__gt=now - FAILED_REFUND_SHOWN_FOR)
    return rows_with(Subscription, recent, since="happened_at")


@alert(
    Subscription,
    title=_("A subscription was made in Stripe’s dashboard"),
    advice=_("It gives nothing here. Adopt it, or end it in Stripe’s dashboard."),
)
def membership_made_at_stripe(now: datetime) -> QuerySet[Subscription]:
    strays = StraySubscription.objects.open().filter(owner=OuterRef("pk")).order_by("created_at")
    since = Subquery(strays.values("created_at")[:1])
    return Subscription.objects.filter(Exists(strays)).annotate(since=since)


@alert(
    Subscription,
    title=_("Stripe didn’t take a member’s new address"),
    advice=_("Open it, and read why. Correct the address of the account, or ask Stripe to try again."),
)
def membership_address_refused(now: datetime) -> QuerySet[Subscription]:
    refused = Subscription.objects.exclude(customer_error="")
    return refused.annotate(since=Coalesce("checked_at", "created_at"))


@alert(
    Subscription,
    title=_("An event about a membership failed"),
    advice=_("Ask Stripe now, which tells the same. Then open the event, read why, and replay it."),
)
def membership_event_failed(now: datetime) -> QuerySet[Subscription]:
    return rows_with(Subscription, unapplied(now), since="received_at")


@alert(
    Subscription,
    title=_("A member’s mail wasn’t sent for over 10 minutes"),
    advice=_("Check the address. If there are many, call whoever looks after the shop."),
)
def membership_unmailed(now: datetime) -> QuerySet[Subscription]:
    unsent = MembershipNotification.objects.owed().filter(created_at__lt=now - LATE_AFTER)
    return rows_with(Subscription, unsent)


@alert(
    Subscription,
    title=_("A mail server refuses a member’s address"),
    advice=_("Correct the address of the account under Users; then the mail is sent. Shown for 30 days."),
)
def membership_mail_refused(now: datetime) -> QuerySet[Subscription]:
    refused = MembershipNotification.objects.refused()
    recent = refused.filter(refused_at__gt=now - REFUSED_MAIL_SHOWN_FOR)
    return rows_with(Subscription, recent, since="refused_at")


@alert(
    Subscription,
    title=_("Nothing came of asking Stripe about a membership"),
    advice=_("It is asked again by itself. If this gets old, open it, and read why."),
    urgent=False,
)
def membership_unchecked(now: datetime) -> QuerySet[Subscription]:
    failed = [CheckProblem.FAILED, CheckProblem.REFUSED]
    return _with_problem().current().filter(check_problem__in=failed).exclude(HAS_OTHER_PRICE)


@alert(
    Subscription,
    title=_("A part of a membership’s payment went back"),
    advice=_("It keeps its benefits until the period ends. If it shouldn’t, cancel it at Stripe."),
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
