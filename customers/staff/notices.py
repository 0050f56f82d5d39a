"""Emails to staff about changes of their sign-in, sent while they wait; if that fails, nothing else does."""

import logging

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from bookings.mail.at_once import MailUnavailable, send_now
from bookings.mail.outgoing import Refused
from customers import emails

logger = logging.getLogger(__name__)

APP_ADDED = "An authenticator app was set up for your account."
PASSKEY_ADDED = "A passkey was added to your account."
PASSWORD = "The password of your account was changed."  # noqa: S105
REMOVED = "A second factor was removed from your account."
CODES_RENEWED = "New recovery codes were created for your account. The old ones no longer work."
CODE_USED = "Your account was signed in to with a recovery code."
RESET = "Your second factor was reset. You set up a new one when you next sign in."


def notify(user: User, words: str) -> None:
    """Email ``words`` to ``user``, if they have an address."""
    if not user.email:
        return
    address = settings.SITE_URL + reverse("admin:security")
    try:
        send_now(emails.write_staff_notice(user.email, words, address))
    except (MailUnavailable, Refused):
        logger.error("user %s wasn’t told of a change of their sign-in", user.pk)
