"""Jobs about payments, run by the worker."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from bookings.tasks import RETRY_FOR_A_DAY
from payments import emails
from payments.fsck import jobs
from payments.gateway.errors import StripeRefused
from payments.gateway.sessions import expire_session, open_session
from payments.ledger import refund_sending
from payments.ledger.settlement import settle
from payments.memberships import emails as membership_emails
from payments.models import Cause, Payment
from payments.reconciliation import reconciler
from payments.reconciliation.run import Run
from payments.staff import bulk


@app.task(retry=RetryStrategy(max_attempts=20, wait=10, linear_wait=30))
def withdraw_session(*, payment_id: int) -> None:
    """
    Close the session of an abandoned payment, if Stripe opened one although its reply was lost.

    Asking for it again under the same key returns the session if there is one. If there is none, one is
    opened and closed; or Stripe refuses, once the time it should have ended is too near.
    """
    payment = Payment.objects.with_booking().get(pk=payment_id)
    try:
        session = open_session(payment)
    except StripeRefused:
        return
    expire_session(session.id)


@app.task(retry=RETRY_FOR_A_DAY)
def close_session(*, payment_id: int) -> None:
    """Close the session of a payment whose booking was paid by another, and settle what it is then."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.is_undecided and payment.session_id:
        settle(expire_session(payment.session_id), cause=Cause.SWEEP)


@app.task(retry=RETRY_FOR_A_DAY)
def send_refund(*, refund_id: int) -> None:
    """Send a refund to Stripe, unless that is done."""
    refund_sending.send(refund_id)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_notification(*, notification_id: int) -> None:
    """Send a customer the mail that they are owed, unless it was sent already."""
    emails.send_notification(notification_id)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_membership_notification(*, notification_id: int) -> None:
    """Send a member the mail that they are owed, unless it was sent already."""
    membership_emails.send_notification(notification_id)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="notify_of_ends")
def notify_of_ends(timestamp: int) -> None:
    """Tell the members whose membership is about to end."""
    membership_emails.notify_of_ends()


@app.task(retry=RETRY_FOR_A_DAY)
def continue_bulk_run(*, run_id: int) -> None:
    """Do the next batch of what staff want done to many."""
    bulk.work_on(run_id)


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="restore_jobs")
def restore_jobs(timestamp: int) -> None:
    """Make the jobs again that are owed and don't exist, because their tries were used up."""
    for violation in jobs.missing():
        if violation.fix:
            violation.fix()


@app.periodic(cron="* * * * * */20")
@app.task(queueing_lock="reconcile", lock="reconcile")
def reconcile(timestamp: int) -> None:
    """Ask Stripe about what is due, and read the events that never arrived."""
    reconciler.reconcile(Run())
