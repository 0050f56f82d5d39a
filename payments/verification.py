"""Asking Stripe, when its event is late, lost, or not worth waiting for."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from payments import gateway
from payments.models import Cause, Payment, PaymentStatus
from payments.settlement import settle
from waiting.announcements import announce

ONE_CALL_IN = timedelta(seconds=10)


def verify(session_id: str) -> None:
    """
    Ask Stripe about the payment of a session, if there is one, and settle what it says.

    Stripe is asked once in 10 s a payment, however many ask in however many processes; for who comes too
    early there is nothing to do. Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    now = timezone.now()
    payments = Payment.objects.of_session(session_id)
    due = Q(asked_at=None) | Q(asked_at__lte=now - ONE_CALL_IN)
    if payments.filter(due).update(asked_at=now):
        session = gateway.fetch_session(session_id)
        payments.update(checked_at=timezone.now())
        payment = settle(session, cause=Cause.VERIFICATION)
        announce(payment.booking.topic)


def cancel(payment: Payment) -> Payment:
    """
    Close the session of ``payment`` at Stripe, settle what it is then, and return the payment.

    If the customer has paid meanwhile, that counts. Raise ``StripeUnavailable`` or ``StripeRefused``; then
    the seats stay held, because the session may still be paid.
    """
    if payment.status != PaymentStatus.PENDING or not payment.session_id:
        return payment
    return settle(gateway.expire_session(payment.session_id), cause=Cause.CANCELLATION)
