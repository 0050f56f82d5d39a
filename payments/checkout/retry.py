"""Paying after all: on with a payment that is still open, or once more for one that came to nothing."""

from django.contrib.auth.models import User

from bookings.models import Booking
from bookings.seats.holds import Buyer
from payments.checkout.start import CheckoutRequest, open_checkout
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger.verification import ask, claim, must_close
from payments.models import Cause, Payment, StripeState, again
from payments.status.actions import OVER


class Undecided(Exception):
    """Stripe can't say how the last payment stands, so nothing may be paid now."""


class NothingToPay(Exception):
    """The booking never came to a payment that could be made again."""


def pay_again(booking: Booking, *, member: User | None = None) -> Payment:
    """
    Return the payment by which the customer of ``booking`` can pay, or has paid.

    Stripe is asked about the last one first. If that can still be paid, or is decided upon, or has brought
    money, it is returned; only what is over is begun anew, as another booking of the same seats. However many
    do this at once, and from however old a page, there is one that can be paid.

    ``member`` is who has signed in. Raise ``NothingToPay``, ``Undecided``, or what ``open_checkout`` raises.
    """
    payment = Payment.objects.of_booking(booking)
    if payment is None:
        raise NothingToPay
    payment = _inspect(newest(payment))
    if payment.is_undecided or payment.is_paid:
        return payment
    return open_checkout(_same_request(payment, member))


def _inspect(payment: Payment) -> Payment:
    """Ask Stripe about ``payment``, unless it is paid or was just asked about, and close what is over."""
    if payment.is_paid or not (must_close(payment) or claim(payment)):
        return payment
    try:
        payment = ask(payment, cause=Cause.VERIFICATION)
    except (StripeUnavailable, StripeRefused) as error:
        raise Undecided from error
    if payment.status in OVER and payment.stripe_state == StripeState.PROCESSING:
        raise Undecided  # Given up here, while a bank is about to pay it: staff have been called.
    return payment


def newest(payment: Payment) -> Payment:
    """Return the last of those that were made in the place of ``payment``, one after another."""
    known = Payment.objects.with_booking().exclude(session_id=None)
    while follower := known.filter(attempt=again(payment)).first():
        payment = follower
    return payment


def _same_request(payment: Payment, member: User | None) -> CheckoutRequest:
    booking = payment.booking
    return CheckoutRequest(
        event=booking.event,
        labels=booking.seat_labels,
        # Somebody else's membership gives this booking nothing.
        member=member if member and member.pk == booking.customer_id else None,
        buyer=Buyer(
            name=booking.name, email=booking.email, account=booking.customer, language=booking.language
        ),
        attempt=again(payment),
    )
