"""Opening a Checkout Session for seats: hold them, write the payment, commit, then ask Stripe."""

import hashlib
import json
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from bookings.models import BookedSeat, Booking, Event, SaleStatus, WaitingEntry
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import Wish
from bookings.seats.holds import AreaSoldOut, SeatsTaken, SoldOut, hold, release, require_free
from bookings.waiting_list.taking import note_purchase, take_up
from config.database.timeouts import locks_within
from legal.terms import require_accepted
from payments.checkout.limits import (
    require_few_free,
    require_few_holds,
    require_within_limits,
    take_turns,
)
from payments.counter.selling import sell
from payments.durations import HOLD_MARGIN
from payments.gateway.checkout.session_objects import CheckoutSession
from payments.gateway.checkout.session_params import new_session_end, session_params
from payments.gateway.checkout.sessions import open_session
from payments.gateway.errors import StripeBusy, StripeRefused, StripeUnavailable
from payments.gateway.keys import under_fresh_key
from payments.gateway.transport.suspended import require_room
from payments.memberships.benefits import terms_of
from payments.models import Cause, CounterSale, Payment, PaymentStatus, SaleKind
from payments.models.payment import DOUBTFUL
from payments.pause import require_sales

logger = logging.getLogger(__name__)

# s; others take a few ms. A seat or a turn that stays taken mustn't keep those who want others from a thread.
LOCKS_WITHIN = 2


class AttemptReused(Exception):
    """The idempotency key was used before, for another purchase."""


class CostsMore(Exception):
    """The seats cost ``amount``, in minor units of ``currency``: more than the customer's page said."""

    def __init__(self, amount: int, currency: str) -> None:
        super().__init__(f"{amount} {currency}")
        self.amount = amount
        self.currency = currency


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """
    What a customer asks for: a ``wish`` at an event.

    ``member`` is the customer who is signed in, for the terms of their membership. ``total`` is the price
    that their page showed, in minor units, or None if it showed none. Requests with the same ``attempt`` are
    one purchase, even if they arrive at the same moment. ``retry_of`` is the payment for the same seats that
    came to nothing. ``terms`` is the version of the terms of sale that the customer has agreed to. With an
    ``offer``, it is for places that are kept for somebody on the waiting list.
    """

    event: Event
    buyer: Buyer
    wish: Wish
    member: User | None = None
    total: int | None = None
    attempt: str = ""
    retry_of: Payment | None = None
    terms: int | None = None
    offer: WaitingEntry | None = None

    @property
    def fingerprint(self) -> str:
        """A digest of everything that distinguishes this purchase from another."""
        parts = [self.event.pk, *self.wish.parts, self.buyer.name, self.buyer.email]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def refuse_early(event: Event, wish: Wish, *, attempt: str) -> None:
    """
    Refuse at little cost whoever comes too late, unless it is the purchase that has taken the seats, again.

    Call it before anything else is looked up: raise ``UnknownSeats``, ``UnknownArea``, ``SeatsTaken``,
    ``AreaSoldOut``, ``SoldOut`` or ``StripeBusy``. In a presale, what a member may buy has to be looked at
    first.
    """
    if event.sale != SaleStatus.OPEN:
        return
    try:
        require_room()
        require_free(event, wish)
    except (StripeBusy, SeatsTaken, AreaSoldOut, SoldOut):
        if not attempt or not _was_made(attempt):
            raise


def _was_made(attempt: str) -> bool:
    return any(of.objects.filter(attempt=attempt).exists() for of in (Payment, CounterSale))


def open_checkout(wanted: CheckoutRequest) -> Payment | CounterSale:
    """
    Hold the seats of ``wanted``, open a Checkout Session for them and return its payment.

    If there is nothing to pay, the booking is confirmed at once, and its sale returned. A repeated request
    returns the first one's payment. If it comes while the first still waits for Stripe, or
    after the first's process has died, both ask Stripe for the same session under the same key.

    Raise ``SalesPaused``, ``AttemptReused``, ``OfferOver``, ``TermsNotAccepted``, ``CostsMore``,
    ``LockTimeout``, or what ``payments.checkout.limits`` or ``bookings.seats.holds`` raises; or
    ``StripeUnavailable`` or ``StripeRefused``, after freeing the seats.
    """
    require_sales()
    bought, is_first = _reserve(wanted)
    if isinstance(bought, CounterSale) or bought.session_id:
        return bought
    return open_session_of(bought, is_first=is_first)


def open_session_of(payment: Payment, *, is_first: bool) -> Payment:
    """
    Open the Checkout Session of a committed ``payment`` that has none, and return the payment.

    Raise ``StripeUnavailable`` or ``StripeRefused``; if it was the first try, the seats are freed before.
    """
    try:
        session = under_fresh_key(payment, open_session)
    except (StripeUnavailable, StripeRefused) as error:
        # A refusal is of the shop's set-up, and meets the next customer too, unless it is of what they typed.
        is_ours = isinstance(error, StripeRefused) and error.param != "customer_email"
        level = logging.ERROR if is_ours else logging.WARNING
        logger.log(level, "no session: %s", error, extra={"payment": payment.reference})
        if is_first:
            nothing_opened = isinstance(error, StripeBusy | StripeRefused)
            abandon(payment, cause=Cause.CHECKOUT, withdraw=not nothing_opened)
        raise
    return _keep(payment, session)


def is_payable(payment: Payment) -> bool:
    """Return whether the session of ``payment`` can still be paid, so that its address leads somewhere."""
    is_open = payment.status == PaymentStatus.PENDING and payment.stripe_state not in DOUBTFUL
    is_open = is_open and not payment.is_of_test_mode
    return is_open and payment.expires_at > timezone.now() and not payment.booking.cancelled_at


@transaction.atomic
def _reserve(wanted: CheckoutRequest) -> tuple[Payment | CounterSale, bool]:
    """Hold the seats and write the payment, or find that of the same attempt; True means that it is new."""
    with locks_within(min(LOCKS_WITHIN, settings.DATABASE_LOCK_SECONDS)):
        take_turns(wanted.buyer, attempt=wanted.attempt)
        if wanted.attempt and (earlier := _find_earlier(wanted)):
            return earlier, False
        wanted = replace(wanted, buyer=replace(wanted.buyer, accepted=require_accepted(wanted.terms)))
        if wanted.offer:
            take_up(wanted.offer)
        require_within_limits(wanted.event, wanted.buyer, wanted=wanted.wish.count)
        require_few_holds(wanted.event, wanted.buyer, wanted=wanted.wish.count)
        expires_at = new_session_end()
        booking = _hold(wanted, until=expires_at + HOLD_MARGIN)
        if wanted.offer:
            note_purchase(wanted.offer, booking)
    booked = list(booking.booked_seats.with_seats())
    amount = sum(one.price for one in booked)
    if wanted.total is not None and amount > wanted.total:
        raise CostsMore(amount, wanted.event.currency)
    if not amount:
        return _give(wanted, booking), True
    payment = Payment(
        booking=booking,
        expires_at=expires_at,
        attempt=wanted.attempt or None,
        retry_of=wanted.retry_of,
        exchange_of_id=wanted.retry_of.exchange_of_id if wanted.retry_of else None,
        fingerprint=wanted.fingerprint,
    )
    save_new(payment, booked)
    if wanted.retry_of and payment.exchange_of_id:
        payment.exchanged_tickets.set(wanted.retry_of.exchanged_tickets.all())
    return payment, True


def _give(wanted: CheckoutRequest, booking: Booking) -> CounterSale:
    """Confirm a booking that costs nothing."""
    visitor = wanted.buyer.visitor
    require_few_free(wanted.event, wanted.buyer, wanted=wanted.wish.count)
    return sell(
        booking,
        SaleKind.FREE,
        attempt=wanted.attempt or None,
        fingerprint=wanted.fingerprint,
        visitor=visitor,
    )


def save_new(payment: Payment, booked: Collection[BookedSeat]) -> None:
    """Save a new ``payment`` of the ``booked`` seats, with all that opening its session needs."""
    payment.amount, payment.currency = sum(one.price for one in booked), payment.booking.event.currency
    payment.session_params = session_params(payment, booked)
    payment.plan_check(checks=0)
    payment.save()


def _find_earlier(wanted: CheckoutRequest) -> Payment | CounterSale | None:
    """Return the payment or the sale of the same attempt, whose turn it was before this one's."""
    earlier: Payment | CounterSale | None = (
        Payment.objects.with_booking().filter(attempt=wanted.attempt).first()
        or CounterSale.objects.select_related("booking").filter(attempt=wanted.attempt).first()
    )
    if earlier and earlier.fingerprint != wanted.fingerprint:
        raise AttemptReused
    return earlier


def _hold(wanted: CheckoutRequest, *, until: datetime) -> Booking:
    # A guest can type a member's address: only signing in gives the terms of a membership.
    buyer = replace(wanted.buyer, terms=terms_of(wanted.member))
    return hold(wanted.event, buyer, wanted.wish, until=until, has_offer=wanted.offer is not None)


def _keep(payment: Payment, session: CheckoutSession) -> Payment:
    """Save the session that Stripe opened, unless a request of the same attempt was faster."""
    opened = {"session_id": session.id, "checkout_url": session.url, "livemode": session.livemode}
    waiting = Payment.objects.filter(pk=payment.pk, status=PaymentStatus.PENDING, session_id=None)
    if waiting.update(**opened):
        for name, value in opened.items():
            setattr(payment, name, value)
        payment.booking.publish()
        return payment
    payment.refresh_from_db()
    if payment.status == PaymentStatus.FAILED:
        # A request of the same attempt or the sweep gave it up while Stripe took its time.
        _withdraw(payment)
        raise StripeUnavailable("The payment was given up before Stripe answered.")
    return payment


@transaction.atomic
def abandon(payment: Payment, *, cause: Cause, withdraw: bool) -> bool:
    """
    Give up a payment if it has no session, free its seats, and return whether it was given up.

    Its attempt and what it was a retry of are forgotten, so that the customer's next try starts afresh. With
    ``withdraw``, a job closes the session in case Stripe has opened one.
    """
    locked = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
    if locked.status != PaymentStatus.PENDING or locked.session_id:
        return False
    release(locked.booking)
    locked.attempt = locked.retry_of = None
    locked.save(update_fields=["attempt", "retry_of"])
    locked.error_message = gettext_noop("The payment could not be started. Nothing was charged.")
    locked.move(PaymentStatus.FAILED, cause=cause)
    if withdraw:
        _withdraw(locked)
    return True


def _withdraw(payment: Payment) -> None:
    """
    Let a job close the session of an abandoned payment.

    No customer has its address, so it can't be paid, but it shouldn't stay open.
    """
    app.configure_task("payments.tasks.withdraw_session").defer(payment_id=payment.pk)
