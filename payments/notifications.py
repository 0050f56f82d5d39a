"""Emails about payments and memberships: saved with the change that they report, and sent once by a job."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.mail.outgoing import Refused
from bookings.references import derived_reference
from payments.models import BaseNotification

logger = logging.getLogger(__name__)

AnyNotification = TypeVar("AnyNotification", bound=BaseNotification)


def notify(notification: BaseNotification) -> None:
    """
    Save a notification with the job that sends it, unless the same one exists already.

    Call it in the transaction of the change that it reports, so that all are saved or none.
    """
    same = {field: getattr(notification, field) for field in notification.once_for}
    row, is_new = type(notification)._default_manager.get_or_create(**same)
    if is_new:
        enqueue(row)


def enqueue(notification: BaseNotification) -> None:
    """Have the worker send a notification; jobs for one notification run one at a time."""
    lock = f"{notification._meta.model_name}:{notification.pk}"
    due_at = notification.due_at if notification.due_at > timezone.now() else None
    app.configure_task(notification.task, lock=lock, schedule_at=due_at).defer(
        notification_id=notification.pk
    )


def send(
    notification: AnyNotification,
    write: Callable[[AnyNotification], EmailMultiAlternatives],
    *,
    is_held_back: bool = False,
) -> None:
    """
    Send the email that ``write`` returns for a notification, once, and only if it is still true.

    One that ``is_held_back`` counts as sent: its address has had enough of them.

    Jobs for one notification run one at a time, so the second finds ``sent_at`` set. A worker that is killed
    after the mail server has accepted the email sends it again, under the same Message-ID. One that the mail
    server refuses for good isn't tried again, unless it is owed ``again``.
    """
    if notification.sent_at is not None or notification.refused_at is not None:
        return
    outcome: dict[str, Any] = {"sent_at": timezone.now()}
    words = "overtaken or too many, not mailed: %s"
    if notification.is_current() and not is_held_back:
        words = "mailed: %s"
        try:
            write(notification).send()
        except Refused as refusal:
            outcome = {"refused_at": timezone.now(), "refusal": refusal.words}
            words = "refused by the mail server: %s"
    type(notification).objects.owed().filter(pk=notification.pk).update(**outcome)
    logger.info(words, notification.kind, extra={"payment": notification.reference})


def owe_again(refused: QuerySet[Any]) -> None:
    """Have the ``refused`` notifications sent after all: the address has changed, or its mailbox has room."""
    for notification in refused.select_for_update(of=("self",)):
        refused.filter(pk=notification.pk).update(refused_at=None, refusal="")
        enqueue(notification)


def message_name(*parts: str) -> str:
    """
    Return the name of a mail that says ``parts``, for its Message-ID.

    It doesn't depend on a row's number: after a restore, rows have the numbers of others that are lost, and
    a mail that goes out again must be recognised as the same.
    """
    return f"notification.{derived_reference('mail', *parts).lower()}"


def render_words(template: str, context: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the subject and the paragraphs of a notification: ``template`` parts them by blank lines."""
    subject, *paragraphs = filter(None, render_to_string(template, context).strip().split("\n\n"))
    return subject, paragraphs
