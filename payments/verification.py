"""Asking Stripe, when its event is late, lost, or not worth waiting for."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from payments import gateway
from payments.gateway import SessionState
from payments.models import Cause, Payment, PaymentStatus
from payments.settlement import settle

ONE_CALL_IN = timedelta(seconds=10)


def verify(payment: Payment) -> Payment:
    """
    Ask Stripe about ``payment``, settle what it says, and return the payment as it is then.

    Stripe is asked once in 10 s a payment, however many ask in however many processes; who comes too early
    gets the payment as it is. Raise ``StripeUnavailable`` or ``StripeRefused``; then nothing has changed.
    """
    now = timezone.now()
    due = Payment.objects.filter(Q(checked_at=None) | Q(checked_at__lte=now - ONE_CALL_IN), pk=payment.pk)
    if payment.session_id and due.update(checked_at=now):
        settle(gateway.fetch_session(payment.session_id), cause=Cause.VERIFICATION)
    return Payment.objects.for_status().get(pk=payment.pk)


def cancel(payment: Payment) -> Payment:
    """
    Close the session of ``payment`` at Stripe, settle what it is then, and return the payment.

    If the customer has paid meanwhile, that counts. Raise ``StripeUnavailable`` or ``StripeRefused``; then
    the seats stay held, because the session may still be paid.
    """
    if payment.status == PaymentStatus.PENDING and payment.session_id:
        session = gateway.expire_session(payment.session_id)
        if session.state != SessionState.OPEN:
            settle(session, cause=Cause.CANCELLATION)
    return Payment.objects.for_status().get(pk=payment.pk)
