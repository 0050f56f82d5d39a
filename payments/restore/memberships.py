"""Makes a lost membership again from what Stripe knows."""

from django.db import IntegrityError, transaction

from customers.claims import account_of
from payments.gateway.billing import subscriptions
from payments.gateway.billing.subscription_objects import StripeSubscription
from payments.gateway.checkout.listed_sessions import ListedSession, fetch_listed
from payments.gateway.checkout.session_params import new_session_end
from payments.memberships.strays import owner_of
from payments.memberships.sync import NOT_BEGUN, begin
from payments.models import Cause, LostOutcome, LostSession, Plan, StripeState, Subscription
from payments.restore.events import settle_events
from payments.restore.rebuilding import NotRebuildable


def rebuild_membership(lost: LostSession) -> LostSession:
    """
    Make the membership of ``lost`` again, under the same reference, as its subscription is at Stripe now.

    A session that is still open is closed: its customer can begin again. Raise ``NotRebuildable``,
    ``StripeUnavailable`` or ``StripeRefused``.
    """
    listed = fetch_listed(lost.session_id)
    if listed is not None and listed.state == StripeState.OPEN:
        subscriptions.expire_membership_session(lost.session_id)
        listed = fetch_listed(lost.session_id)
    if listed is None or not listed.subscription_id:
        lost.decide(LostOutcome.UNPAID)
        settle_events(lost)
        return lost
    told = subscriptions.fetch_subscription(listed.subscription_id)
    if told.status is None or told.status in NOT_BEGUN:
        lost.decide(LostOutcome.UNPAID)
        settle_events(lost)
        return lost
    try:
        return _write(lost, listed, told)
    except IntegrityError as error:
        raise NotRebuildable("The customer has another membership. End one of them at Stripe.") from error


@transaction.atomic
def _write(lost: LostSession, listed: ListedSession, told: StripeSubscription) -> LostSession:
    locked = LostSession.objects.select_for_update().get(pk=lost.pk)
    if locked.outcome == LostOutcome.REBUILT:
        return locked
    earlier = owner_of(told.customer_id)
    customer = earlier.customer if earlier else account_of(listed.email)
    if customer is None:
        raise NotRebuildable(
            "The customer's account is lost too. Ask them to sign in with their address first."
        )
    plan = Plan.objects.filter(price_id__in=[item.price_id for item in told.items]).first()
    if plan is None:
        raise NotRebuildable("No plan has its price. Create one, then try again.")
    row = Subscription(
        reference=listed.reference,
        customer=customer,
        email=customer.email or listed.email,
        plan=plan,
        price_id=plan.price_id,
        session_id=listed.id,
        subscription_id=listed.subscription_id,
        stripe_customer_id=told.customer_id,
        livemode=told.livemode,
        expires_at=new_session_end(),
    )
    begin(row, told, cause=Cause.RECONCILER)
    locked.subscription = row
    locked.decide(LostOutcome.REBUILT)
    settle_events(locked)
    return locked
