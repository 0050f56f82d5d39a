"""What can be wrong with memberships."""

from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from payments.durations import LATE_AFTER
from payments.memberships.test_mode import open_test_memberships
from payments.models import CheckProblem, MembershipNotification, Subscription
from payments.models.subscription import SubscriptionQuerySet
from payments.staff.alerts.registry import alert, rows_with, unapplied

HAS_OTHER_PRICE = ~Q(price_id=F("plan__price_id"))


@alert(
    Subscription,
    title=_("A membership is paid for, though its customer has another"),
    advice=_("End it in Stripe’s dashboard and pay it back there, then ask Stripe."),
)
def membership_twice(now: datetime) -> QuerySet[Subscription]:
    """Return memberships that are over here, but not at Stripe, where another took their place."""
    return _with_problem().exclude(pk__in=Subscription.objects.current().values("pk"))


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
    unsent = MembershipNotification.objects.filter(sent_at=None, created_at__lt=now - LATE_AFTER)
    return rows_with(Subscription, unsent)


@alert(
    Subscription,
    title=_("Nothing came of asking Stripe about a membership"),
    advice=_("It is asked again by itself. If this gets old, open it, and read why."),
    urgent=False,
)
def membership_unchecked(now: datetime) -> QuerySet[Subscription]:
    known = _with_problem().current().exclude(check_problem=CheckProblem.UNKNOWN)
    return known.exclude(HAS_OTHER_PRICE)


def _with_problem() -> SubscriptionQuerySet:
    return Subscription.objects.exclude(check_problem="").annotate(since=Coalesce("checked_at", "created_at"))
