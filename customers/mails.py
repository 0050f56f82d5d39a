"""Mails to whoever asked for a code, sent at once: they wait for it."""

import logging
import threading
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from bookings.mail.emails import CountedEmail

logger = logging.getLogger(__name__)

TIMEOUT = 8  # s
# Requests of one process that may wait for the mail server; however slow it is, the others find threads free.
LANES = threading.BoundedSemaphore(4)


class MailUnavailable(Exception):
    """The mail server is away, too slow, or doesn't take the mail."""


def write_code(email: str, code: str, *, is_change: bool) -> CountedEmail:
    return _write("code", email, {"code": code, "is_change": is_change})


def write_refusal(email: str, reason: str) -> CountedEmail:
    """Write to an address that gets no code. It says why to whoever reads the mailbox, and to nobody else."""
    return _write(
        "no_code", email, {"reason": reason, "admin_url": settings.SITE_URL + reverse("admin:index")}
    )


def write_change(old: str, new: str) -> CountedEmail:
    """Write to the address that an account had until now."""
    return _write("changed", old, {"new": new})


def send_now(mail: CountedEmail) -> None:
    """Send ``mail`` within seconds, or raise ``MailUnavailable``."""
    if not LANES.acquire(timeout=1):
        raise MailUnavailable
    try:
        mail.connection = get_connection(timeout=TIMEOUT)
        mail.send()
    except OSError as error:  # What smtplib raises is one too.
        logger.warning("a mail about an account was not sent: %s", type(error).__name__)
        raise MailUnavailable from error
    finally:
        LANES.release()


def _write(template: str, email: str, context: dict[str, Any]) -> CountedEmail:
    """Write a mail in the words of ``mail/account/<template>.txt``, its subject being the first line."""
    context = {**context, "site_url": settings.SITE_URL}
    subject, _newline, text = render_to_string(f"mail/account/{template}.txt", context).partition("\n")
    mail = CountedEmail(subject=subject, body=text.lstrip(), to=[email])
    html = render_to_string(f"mail/account/{template}.html", {**context, "subject": subject})
    mail.attach_alternative(html, "text/html")
    return mail
