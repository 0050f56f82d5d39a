"""Mails to a member: owed in the transaction of what they tell, sent once by a job."""

import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.mail.emails import sender_host
from config.i18n.languages import override_language
from payments.durations import ENDING_SOON
from payments.models import MembershipNews, MembershipNotification, Subscription, SubscriptionStatus

logger = logging.getLogger(__name__)

BEGINNING = [SubscriptionStatus.PENDING, SubscriptionStatus.EXPIRED, SubscriptionStatus.INCOMPLETE]
GOOD = [SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE]
LOST = [SubscriptionStatus.CANCELED, SubscriptionStatus.UNPAID]
TOLD_WHILE = {
    MembershipNews.WELCOME: [*GOOD, SubscriptionStatus.PAST_DUE],
    MembershipNews.PAYMENT_FAILED: [SubscriptionStatus.PAST_DUE],
    MembershipNews.ENDING_SOON: GOOD,
}


def notify_of_change(subscription: Subscription, *, before: SubscriptionStatus) -> None:
    """Owe the member the mails that a change from ``before`` calls for, each once for its occasion."""
    now_is = subscription.status
    if before in BEGINNING and now_is in GOOD:
        notify(subscription, MembershipNews.WELCOME)
    if now_is == SubscriptionStatus.PAST_DUE and before != now_is:
        notify(subscription, MembershipNews.PAYMENT_FAILED, occasion=f"{subscription.period_start:%Y-%m-%d}")
    if now_is in LOST and before not in (*BEGINNING, now_is):
        notify(subscription, MembershipNews.ENDED, occasion=now_is)


def tell_of_ends() -> None:
    """Owe a mail to the members whose membership ends within a week, once for that end."""
    now = timezone.now()
    for subscription in Subscription.objects.filter(
        status__in=GOOD, ends_at__gt=now, ends_at__lte=now + ENDING_SOON
    ):
        with transaction.atomic():
            notify(subscription, MembershipNews.ENDING_SOON, occasion=f"{subscription.ends_at:%Y-%m-%d}")


def notify(subscription: Subscription, news: MembershipNews, *, occasion: str = "") -> None:
    notification, is_new = MembershipNotification.objects.get_or_create(
        subscription=subscription, news=news, occasion=occasion
    )
    if is_new:
        enqueue(notification)


def enqueue(notification: MembershipNotification) -> None:
    """Let the worker send a notification; jobs for one notification run one at a time."""
    job = app.configure_task(
        "payments.tasks.mail_membership_notification", lock=f"membership:{notification.pk}"
    )
    job.defer(notification_id=notification.pk)


def send_notification(notification_id: int) -> None:
    """
    Send a notification to its member, once, unless it has been overtaken.

    A worker killed between the mail server's yes and the mark sends again, under the same Message-ID.
    """
    rows = MembershipNotification.objects.select_related("subscription__plan", "subscription__customer")
    notification = rows.get(pk=notification_id)
    if notification.sent_at is None:
        if _is_news(notification):
            write_mail(notification).send()
        MembershipNotification.objects.filter(pk=notification_id, sent_at=None).update(sent_at=timezone.now())
        logger.info("mailed: %s", notification.news, extra={"payment": notification.subscription.reference})


def _is_news(notification: MembershipNotification) -> bool:
    """Whether what is to be told is still so, after the mail has waited for however long."""
    subscription = notification.subscription
    if notification.news == MembershipNews.ENDED:
        return subscription.status == notification.occasion
    if notification.news == MembershipNews.ENDING_SOON and subscription.ends_at is None:
        return False
    return subscription.status in TOLD_WHILE[MembershipNews(notification.news)]


def write_mail(notification: MembershipNotification) -> EmailMultiAlternatives:
    """Write the mail: ``mail/membership`` has a subject and paragraphs for each kind, blank lines between."""
    subscription = notification.subscription
    with override_language(subscription.language):
        facts = {"subscription": subscription, "plan": subscription.plan}
        words = render_to_string(f"mail/membership/{notification.news}.txt", facts)
        subject, *paragraphs = [part for part in words.strip().split("\n\n") if part]
        context = {**facts, "subject": subject, "paragraphs": paragraphs, "membership_url": _page()}
        mail = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("mail/membership/notice.txt", context),
            to=[subscription.customer.email or subscription.email],
            headers={"Message-ID": f"<membership.{notification.pk}@{sender_host()}>"},
        )
        mail.attach_alternative(render_to_string("mail/membership/notice.html", context), "text/html")
        return mail


def _page() -> str:
    return settings.SITE_URL + reverse("payments:membership")
