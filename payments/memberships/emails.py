"""Emails about a membership: which ones a change calls for, and what they say."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from bookings.mail.outgoing import CountedEmail
from config.i18n.languages import override_language
from payments.durations import ENDING_SOON
from payments.models import MembershipNotification, PeriodMoney, Subscription
from payments.models import MembershipNotificationKind as Kind
from payments.models import SubscriptionStatus as Status
from payments.models.subscription import RUNNING
from payments.notifications import message_name, notify, render_words, send

logger = logging.getLogger(__name__)

STARTING = [Status.PENDING, Status.EXPIRED, Status.INCOMPLETE]
LOST = [Status.CANCELED, Status.UNPAID]
# The email about money of the current period that went back, by what has become of it.
MONEY_NEWS = {
    PeriodMoney.REFUNDED: Kind.REFUNDED,
    PeriodMoney.DISPUTED: Kind.SUSPENDED,
    PeriodMoney.CHARGED_BACK: Kind.CHARGED_BACK,
}


def notify_of_change(subscription: Subscription, *, before: Status) -> None:
    """Notify the member of a change from the status ``before``, if there is an email about it."""
    now_is = Status(subscription.status)
    if before in STARTING and now_is in RUNNING:
        _notify(subscription, Kind.WELCOME)
    if now_is == Status.PAST_DUE and before != now_is:
        _notify(subscription, Kind.PAYMENT_FAILED, occasion=_day(subscription.period_start))
    if now_is in LOST and before not in (*STARTING, now_is):
        _notify(subscription, Kind.ENDED, occasion=now_is)


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


def notify_of_money(subscription: Subscription, *, before: PeriodMoney) -> None:
    """Notify the member if money that went back, or stayed after all, changes what the membership gives."""
    if subscription.money == before or subscription.status not in RUNNING:
        return
    kind = MONEY_NEWS.get(PeriodMoney(subscription.money))
    if kind is None and before in MONEY_NEWS:
        kind = Kind.RESTORED
    if kind:
        last = subscription.reversals.last()
        _notify(subscription, kind, occasion=last.reversal_id if last else "")


def notify_of_ends() -> None:
    """Notify the members whose membership is about to end, once for that end."""
    now = timezone.now()
    # A copy of the database with a test key mustn't write to members.
    ours = Subscription.objects.of_this_mode()
    for subscription in ours.filter(status__in=RUNNING, ends_at__gt=now, ends_at__lte=now + ENDING_SOON):
        try:
            with transaction.atomic():
                _notify(subscription, Kind.ENDING_SOON, occasion=f"{subscription.ends_at:%Y-%m-%d}")
        except Exception:  # The others are notified all the same; this one again in an hour.
            logger.exception("not told that it ends", extra={"payment": subscription.reference})


def _notify(subscription: Subscription, kind: Kind, *, occasion: str = "") -> None:
    notify(MembershipNotification(subscription=subscription, kind=kind, occasion=occasion))


def send_notification(notification_id: int) -> None:
    """Send the email of a ``MembershipNotification``, once, and only if it is still true."""
    rows = MembershipNotification.objects.select_related("subscription__plan", "subscription__customer")
    send(rows.get(pk=notification_id), write_mail)


def write_mail(notification: MembershipNotification) -> EmailMultiAlternatives:
    """Return the email in the member's language, in the words of ``mail/membership``."""
    subscription = notification.subscription
    with override_language(subscription.language):
        facts = {"subscription": subscription, "plan": subscription.plan}
        subject, paragraphs = render_words(f"mail/membership/{notification.kind}.txt", facts)
        context = {**facts, "subject": subject, "paragraphs": paragraphs, **_links(notification)}
        mail = CountedEmail(
            subject=subject,
            body=render_to_string("mail/membership/notice.txt", context),
            to=subscription.customer.email or subscription.email,
            name=message_name(notification.reference, notification.kind, notification.occasion),
        )
        mail.attach_alternative(render_to_string("mail/membership/notice.html", context), "text/html")
        return mail


def _links(notification: MembershipNotification) -> dict[str, str]:
    """Return the addresses in an email, which stay good: a page of ours opens Stripe's short-lived one."""
    page = settings.SITE_URL + reverse("payments:membership")
    if notification.kind != Kind.PAYMENT_FAILED:
        return {"membership_url": page}
    return {"membership_url": page, "card_url": settings.SITE_URL + reverse("payments:membership-card")}
