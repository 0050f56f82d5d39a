"""Mails that tell a customer what became of their payment."""

from django.utils import timezone

from payments.models import Notice


def send_notice(notice_id: int) -> None:
    """
    Send a notice to its customer, once.

    Jobs for one notice run one at a time, so whoever comes second finds ``sent_at``.
    """
    notice = Notice.objects.select_related("payment__booking__event", "refund").get(pk=notice_id)
    if notice.sent_at is None:
        Notice.objects.filter(pk=notice_id, sent_at=None).update(sent_at=timezone.now())
