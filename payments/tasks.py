"""Jobs about payments, run by the worker."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from bookings.tasks import RETRY_FOR_A_DAY
from payments import emails
from payments.checkout import limits
from payments.event_changes.work import work as work_on_event_changes
from payments.fsck import jobs
from payments.gateway.checkout.sessions import expire_session, find_open_sessions, open_session
from payments.gateway.errors import KeySpent, StripeRefused
from payments.ledger import refund_sending
from payments.ledger.settlement import settle
from payments.memberships import emails as membership_emails
from payments.memberships import stripe_customers
from payments.models import Cause, Payment
from payments.reconciliation import reconciler
from payments.reconciliation.run import Run
from payments.staff import bulk

logger = logging.getLogger(__name__)

# Payment pages of an event that was called off are open until then; hundreds of mails may be waiting.
AHEAD_OF_MAIL = 1


@app.task(retry=RetryStrategy(max_attempts=20, wait=10, linear_wait=30))
def withdraw_session(*, payment_id: int) -> None:
    """
    Close the session of an abandoned payment, in case Stripe opened one and its reply was lost.

    Opening it again under the same idempotency key returns that session. If there is none, one is opened and
    closed, or Stripe refuses because its end is too near. If the key is spent, Stripe's list is read instead.
    """
    payment = Payment.objects.with_booking().get(pk=payment_id)
    try:
        opened = [open_session(payment).id]
    except StripeRefused:
        return
    except KeySpent:
        opened = find_open_sessions(payment)
    for session_id in opened:
        expire_session(session_id)


@app.task(retry=RETRY_FOR_A_DAY)
def close_session(*, payment_id: int) -> None:
    """Close the session of a payment whose booking another payment has bought, and settle its state."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.is_undecided and payment.session_id:
        settle(expire_session(payment.session_id), cause=Cause.SWEEP)


@app.task(retry=RETRY_FOR_A_DAY)
def send_refund(*, refund_id: int) -> None:
    """Send a refund to Stripe, if it is still due."""
    refund_sending.send(refund_id)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_notification(*, notification_id: int) -> None:
    """Send the email of a ``Notification``, unless it was sent."""
    emails.send_notification(notification_id)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_membership_notification(*, notification_id: int) -> None:
    """Send the email of a ``MembershipNotification``, unless it was sent."""
    membership_emails.send_notification(notification_id)


@app.task(retry=RETRY_FOR_A_DAY)
def update_stripe_customer(*, subscription_id: int) -> None:
    """Give Stripe's customer the account's new address, if that is still due."""
    stripe_customers.tell_stripe(subscription_id)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="notify_of_ends")
def notify_of_ends(timestamp: int) -> None:
    """Notify the members whose membership is about to end."""
    membership_emails.notify_of_ends()


@app.task(retry=RETRY_FOR_A_DAY)
def continue_bulk_run(*, run_id: int) -> None:
    """Do the next batch of a bulk action of staff."""
    bulk.work_on(run_id)


@app.task(retry=RETRY_FOR_A_DAY, priority=AHEAD_OF_MAIL)
def continue_event_changes() -> None:
    """Do the next batch of what events that were moved or called off mean for their bookings."""
    work_on_event_changes()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="look_after_event_changes", lock="event_changes", priority=AHEAD_OF_MAIL)
def look_after_event_changes(timestamp: int) -> None:
    """Find bookings that were paid for meanwhile; once an hour, also those that could not be dealt with."""
    work_on_event_changes(again=timestamp // 60 % 60 == 41)


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="restore_jobs")
def restore_jobs(timestamp: int) -> None:
    """Make the jobs again that rows still wait for, after all their tries have failed."""
    for violation in jobs.missing():
        try:
            if violation.fix:
                violation.fix()
        except Exception:  # The other rows get their jobs all the same; this one is tried again in an hour.
            logger.exception("%s: no job could be made", violation.subject)


@app.periodic(cron="* * * * * */20")
@app.task(queueing_lock="reconcile", lock="reconcile")
def reconcile(timestamp: int) -> None:
    """Run the reconciler on what is due."""
    reconciler.reconcile(Run())


@app.periodic(cron="29 * * * *")
@app.task(queueing_lock="forget_visitors")
def forget_visitors(timestamp: int) -> None:
    """Forget who took free places more than a day ago."""
    limits.forget_visitors()
