"""Jobs about payments, run by the worker."""

import logging
from datetime import timedelta

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from payments import gateway
from payments.checkout import abandon
from payments.models import Cause, Payment

logger = logging.getLogger(__name__)

# Longer than any process may wait for Stripe, with all its tries.
ABANDONED_AFTER = timedelta(minutes=2)


@app.task(retry=RetryStrategy(max_attempts=20, wait=10, linear_wait=30))
def withdraw_session(*, payment_id: int) -> None:
    """
    Close the session of an abandoned payment, if Stripe opened one although its reply was lost.

    Asking for it again under the same key returns the session if there is one. If there is none, one is
    opened and closed; or Stripe refuses, once the time it should have ended is too near.
    """
    payment = Payment.objects.with_booking().get(pk=payment_id)
    try:
        session = gateway.open_session(payment)
    except gateway.StripeRefused:
        return
    gateway.expire_session(session.id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """Give up the payments of processes that died between the commit and Stripe's answer."""
    for payment in Payment.objects.unopened(before=timezone.now() - ABANDONED_AFTER).order_by("pk"):
        try:
            abandon(payment, cause=Cause.SWEEP, withdraw=True)
        except Exception:  # One payment that can't be given up must not keep the seats of the others.
            logger.exception("payment %s could not be given up", payment.pk)
