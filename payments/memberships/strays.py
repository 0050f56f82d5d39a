"""Subscriptions that were made in Stripe's dashboard for a customer and a plan that are known here."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.gateway.billing import subscriptions
from payments.gateway.billing.subscription_objects import StripeSubscription
from payments.gateway.checkout.session_params import new_session_end
from payments.gateway.errors import UnknownToStripe
from payments.memberships.plan_items import find_plan_item
from payments.memberships.sync import NOT_BEGUN, begin
from payments.models import Cause, Plan, StraySubscription, Subscription, SubscriptionStatus

LONGEST_STATUS = 50  # as its column


class NotAdoptable(Exception):
    """The subscription hasn't begun, or is over; the message says how it stands at Stripe."""


class HasAnother(Exception):
    """The customer has a membership already."""


def owner_of(stripe_customer_id: str) -> Subscription | None:
    """Return the last membership of the customer that Stripe calls so."""
    return Subscription.objects.of_this_mode().filter(stripe_customer_id=stripe_customer_id).first()


def note_stray(owner: Subscription, subscription_id: str) -> None:
    """
    Ask Stripe about a subscription of ``owner``'s customer, and keep it for staff if it has a plan's price.

    One that Stripe doesn't know any more is over. Raise what asking raises otherwise.
    """
    asked_at = timezone.now()
    try:
        told = subscriptions.retrieve_subscription(subscription_id)
    except UnknownToStripe:
        gone = StraySubscription.objects.filter(subscription_id=subscription_id)
        gone.update(status=SubscriptionStatus.CANCELED, checked_at=asked_at)
        return
    plan = find_plan_item(told, row=owner).plan
    if plan is None or Subscription.objects.filter(subscription_id=subscription_id).exists():
        return
    state = {"plan": plan, "status": told.says[:LONGEST_STATUS], "checked_at": asked_at}
    StraySubscription.objects.update_or_create(
        subscription_id=subscription_id, defaults=state, create_defaults={**state, "owner": owner}
    )


def adopt(stray: StraySubscription) -> Subscription:
    """
    Make a subscription from Stripe's dashboard its customer's membership, and return the new row.

    Raise ``NotAdoptable``, ``HasAnother`` or what asking raises; then nothing has changed.
    """
    told = subscriptions.fetch_subscription(stray.subscription_id)
    if told.status is None or told.status in NOT_BEGUN:
        raise NotAdoptable(told.says)
    try:
        return _begin(stray, told)
    except IntegrityError as error:
        raise HasAnother from error


@transaction.atomic
def _begin(stray: StraySubscription, told: StripeSubscription) -> Subscription:
    owner = stray.owner
    plan: Plan = find_plan_item(told, row=owner).plan or stray.plan
    row = Subscription(
        customer=owner.customer,
        email=owner.customer.email or owner.email,
        language=owner.language,
        plan=plan,
        price_id=plan.price_id,
        subscription_id=stray.subscription_id,
        stripe_customer_id=told.customer_id,
        livemode=told.livemode,
        expires_at=new_session_end(),
    )
    begin(row, told, cause=Cause.STAFF)
    StraySubscription.objects.filter(pk=stray.pk).update(adopted_at=timezone.now(), status=told.says)
    return row
