"""Mails to a customer about their payment: owed in the transaction of what they tell, sent by a job."""

from procrastinate.contrib.django import app

from payments.models import Dispute, News, Notification, Payment, Refund


def notify(
    payment: Payment, news: News, *, refund: Refund | None = None, dispute: Dispute | None = None
) -> None:
    """Owe the customer a mail with ``news``, once for the payment and that refund or dispute."""
    notification, is_new = Notification.objects.get_or_create(
        payment=payment, news=news, refund=refund, dispute=dispute
    )
    if is_new:
        enqueue(notification)


def enqueue(notification: Notification) -> None:
    """Let the worker send a notification; jobs for one notification run one at a time."""
    job = app.configure_task("payments.tasks.mail_notification", lock=f"notification:{notification.pk}")
    job.defer(notification_id=notification.pk)
