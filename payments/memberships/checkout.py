"""Opens the Checkout Session by which a customer subscribes to a plan: row, commit, then Stripe."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from legal.terms import require_accepted
from payments.gateway.billing import subscriptions
from payments.gateway.checkout.session_params import SHORTEST_LIFE, new_session_end
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.gateway.keys import under_fresh_key
from payments.memberships.sync import expire, sync
from payments.models import Cause, Plan, Subscription, SubscriptionStatus, membership_topic
from payments.pause import require_sales
from waiting.publishing import publish

logger = logging.getLogger(__name__)

TRIES = 5


class AlreadySubscribed(Exception):
    """The customer has a subscription that isn't over; ``subscription`` is that one."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(str(subscription))
        self.subscription = subscription


@dataclass(frozen=True)
class Wish:
    """Who wants which plan; ``terms`` is the version of the terms that they agree to, if to any."""

    customer: User
    plan: Plan
    terms: int | None


def subscribe(wish: Wish) -> Subscription:
    """
    Open a Checkout Session that subscribes a customer to a plan, and return its row.

    A second call returns the session of the first, so that nobody pays twice; it was agreed to by the terms
    of then. If that one was for another plan, it is closed at Stripe first.

    Raise ``SalesPaused``, ``TermsNotAccepted`` or ``AlreadySubscribed``; or ``StripeUnavailable`` or
    ``StripeRefused``, and then the customer may try again at once.
    """
    require_sales()
    try:
        return _open(_find_or_reserve(wish, stripe_customer_id=_stripe_customer_id(wish.customer)))
    except StripeRefused as refusal:
        if refusal.param != "customer":
            raise
        # The customer was deleted at Stripe, which makes a new one.
        return _open(_find_or_reserve(wish, stripe_customer_id=""))


def _find_or_reserve(wish: Wish, *, stripe_customer_id: str) -> Subscription:
    """Return the pending row of ``wish``, while the customer's other tabs may open one for another plan."""
    for _try in range(TRIES):
        own = Subscription.objects.current().filter(customer=wish.customer)
        current = own.select_related("plan").first()
        row = _reuse_or_close(current, wish) if current else _reserve(wish, stripe_customer_id)
        if row:
            return row
    raise StripeUnavailable("Others keep opening sessions for it at the same moment.")


def _reuse_or_close(current: Subscription, wish: Wish) -> Subscription | None:
    """Return ``current`` if its session is for the same plan and can be paid, or None once it is closed."""
    if current.status != SubscriptionStatus.PENDING:
        raise AlreadySubscribed(current)
    if current.session_id:
        current = sync(current, cause=Cause.VERIFICATION)
    if current.is_over:
        return None
    if current.status != SubscriptionStatus.PENDING or current.subscription_id:
        raise AlreadySubscribed(current)
    if current.plan == wish.plan and _is_payable(current):
        return current
    if current.plan != wish.plan:
        require_accepted(wish.terms)  # Who is refused the one keeps the other.
    _close(current)
    return None


def _is_payable(current: Subscription) -> bool:
    """Whether the session of ``current`` can be paid, or can still be opened."""
    life = current.expires_at - timezone.now()
    return life > (timedelta() if current.session_id else SHORTEST_LIFE)


def _close(current: Subscription) -> None:
    """Close the session of ``current`` at Stripe, so that it can't be paid, and expire the row."""
    try:
        session_id = current.session_id or under_fresh_key(current, subscriptions.open_membership_session).id
        subscriptions.expire_membership_session(session_id)
    except StripeRefused:
        # Another request may have saved the session meanwhile, and the customer may have paid.
        current.refresh_from_db(fields=["session_id", "subscription_id"])
        current = sync(current, cause=Cause.VERIFICATION)
        if not current.is_over and current.status != SubscriptionStatus.PENDING:
            raise AlreadySubscribed(current) from None
        if not current.is_over and current.session_id:
            raise  # It is still open and can be paid.
    expire(current, cause=Cause.CANCELLATION)


def withdraw(current: Subscription) -> None:
    """
    Close the session of a pending row, because its customer came back without paying or its time is over.

    If they have paid meanwhile, the membership begins. Raise ``StripeUnavailable`` or ``StripeRefused``; then
    the row stays, and the reconciler tries again.
    """
    if current.status == SubscriptionStatus.PENDING:
        try:
            _close(current)
        except AlreadySubscribed:
            logger.info("paid before it could be withdrawn", extra={"payment": current.reference})


def _stripe_customer_id(customer: User) -> str:
    """Return Stripe's id of ``customer``, empty if they never subscribed."""
    own = Subscription.objects.of_this_mode().filter(customer=customer)
    earlier = own.exclude(stripe_customer_id="").first()
    return earlier.stripe_customer_id if earlier else ""


def _reserve(wish: Wish, stripe_customer_id: str) -> Subscription | None:
    """Commit the row before Stripe is asked, and return it; None if another request has made one."""
    row = Subscription(
        customer=wish.customer,
        email=wish.customer.email,
        plan=wish.plan,
        price_id=wish.plan.price_id,
        accepted_terms=require_accepted(wish.terms),
        stripe_customer_id=stripe_customer_id,
        language=get_language() or settings.LANGUAGE_CODE,
        expires_at=new_session_end(),
    )
    row.session_params = subscriptions.membership_params(row)
    row.plan_check(checks=0)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return None
    publish(membership_topic(wish.customer.pk))
    return row


def _open(row: Subscription) -> Subscription:
    if row.session_id:
        return row
    try:
        session = under_fresh_key(row, subscriptions.open_membership_session)
    except StripeRefused:
        expire(row, cause=Cause.CHECKOUT)
        raise
    except StripeUnavailable:
        # The row stays, and with it the idempotency key: a session that Stripe has made is found again. Of a
        # key under which Stripe keeps a failure, the row knows, and the next try has another.
        logger.warning("no session", extra={"payment": row.reference})
        raise
    waiting = Subscription.objects.filter(pk=row.pk, status=SubscriptionStatus.PENDING, session_id=None)
    waiting.update(session_id=session.id, checkout_url=session.url, livemode=session.livemode)
    row.refresh_from_db()
    if not row.session_id:
        # Expired by another tab or by the reconciler, which have closed the session.
        raise StripeUnavailable("It had expired before Stripe answered.")
    return row
