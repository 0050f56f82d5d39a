"""Paying after all: continue a payment that is still open, or start another after one that failed."""

from django.contrib.auth.models import User

from bookings.models import Booking
from bookings.orders.buyers import Buyer
from bookings.orders.visitors import UNKNOWN, Visitor
from bookings.orders.wishes import wish_of
from payments.checkout.start import CheckoutRequest, open_checkout
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger.verification import ask, must_close
from payments.models import Cause, CounterSale, Payment, StripeState
from payments.status.actions import OVER


class Undecided(Exception):
    """It is unknown whether the last payment was made, so another can't be offered now."""


class NothingToPay(Exception):
    """The booking has no payment that Stripe was asked for, so there is none to make again."""


def pay_again(
    booking: Booking, *, member: User | None = None, visitor: Visitor = UNKNOWN
) -> Payment | CounterSale:
    """
    Return the payment by which the customer of ``booking`` can pay, or has paid.

    Stripe is asked about the last payment first. If it can still be paid, is being processed, or was paid, it
    is returned. Only if it is over, the same seats are booked again, with a new payment. However many
    requests arrive at once, and from however old a page, only one payment can be made.

    ``member`` is the customer who is signed in, ``visitor`` whom the request comes from. Raise
    ``NothingToPay``, ``Undecided``, or what ``open_checkout`` raises.
    """
    payment = Payment.objects.of_booking(booking)
    if payment is None:
        raise NothingToPay
    payment = _inspect(newest(payment))
    if payment.is_undecided or payment.is_paid:
        return payment
    return open_checkout(_same_request(payment, member, visitor))


def _inspect(payment: Payment) -> Payment:
    """
    Ask Stripe about ``payment``, unless it is paid or that was done just now; close it if it is over.

    One of test mode brings no money, and can't be asked about.
    """
    if payment.is_paid or payment.is_of_test_mode or not (must_close(payment) or payment.claim()):
        return payment
    try:
        payment = ask(payment, cause=Cause.VERIFICATION)
    except (StripeUnavailable, StripeRefused) as error:
        raise Undecided from error
    if payment.status in OVER and payment.stripe_state in (StripeState.PROCESSING, StripeState.UNREADABLE):
        raise Undecided  # Over here, but a bank may be about to pay it: staff have an alert.
    return payment


def newest(payment: Payment) -> Payment:
    """Follow the payments that replaced ``payment``, one after another, and return the last."""
    known = Payment.objects.with_booking().exclude(session_id=None)
    while follower := known.filter(retry_of=payment).first():
        payment = follower
    return payment


def _same_request(payment: Payment, member: User | None, visitor: Visitor) -> CheckoutRequest:
    booking = payment.booking
    return CheckoutRequest(
        event=booking.event,
        wish=wish_of(booking),
        # Another customer's membership gives this booking nothing.
        member=member if member and member.pk == booking.customer_id else None,
        buyer=Buyer(
            name=booking.name,
            email=booking.email,
            account=booking.customer,
            language=booking.language,
            visitor=visitor,
        ),
        terms=booking.accepted_terms.version if booking.accepted_terms else None,
        attempt=f"again:{payment.reference}",  # Whoever retries this payment makes the same purchase.
        retry_of=payment,
    )
