"""Mails to a customer about their payment: owed in the transaction of what they tell, sent by a job."""

from procrastinate.contrib.django import app

from payments.models import Dispute, News, Notice, Payment, Refund


def tell(
    payment: Payment, news: News, *, refund: Refund | None = None, dispute: Dispute | None = None
) -> None:
    """Owe the customer a mail with ``news``, once for the payment and that refund or dispute."""
    notice, is_new = Notice.objects.get_or_create(payment=payment, news=news, refund=refund, dispute=dispute)
    if is_new:
        enqueue(notice)


def enqueue(notice: Notice) -> None:
    """Let the worker send a notice; jobs for one notice run one at a time."""
    job = app.configure_task("payments.tasks.mail_notice", lock=f"notice:{notice.pk}")
    job.defer(notice_id=notice.pk)
