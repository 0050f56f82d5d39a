"""An email as it leaves the shop: headers, encoding, and what the mail server says to it."""

import logging
import smtplib
from collections.abc import Sequence
from email.charset import QP, Charset
from email.utils import make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail.message import sanitize_address
from prometheus_client import Counter

from bookings.addresses.normal_form import normal_form
from bookings.mail.attachments import EmailWithInlineImages
from bookings.validators import is_readable
from branding.models import NAME, shop

logger = logging.getLogger(__name__)

MAILS = Counter("admit_mails", "Emails to customers, accepted or rejected by the mail server.", ["outcome"])
for _outcome in ("sent", "failed", "refused"):
    MAILS.labels(_outcome)

LONGEST_NAME = 80  # characters of a sender's name
PERMANENT = range(500, 600)  # https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1

# Seven bits, in short lines. Django would send eight to any server, also to one that doesn't offer 8BITMIME.
SEVEN_BITS = Charset("utf-8")
SEVEN_BITS.body_encoding = QP

# Nobody's holiday note is to answer: https://www.rfc-editor.org/rfc/rfc3834, and the same for Exchange.
NO_ANSWERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}


class Refused(Exception):
    """The mail server refuses this email for good; ``words`` are its own."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class CountedEmail(EmailWithInlineImages):
    """
    An email to one address, counted in the metric ``admit_mails`` when it is sent.

    ``sender`` is the name that it comes from, in place of the shop's; the address is always the shop's own.
    ``name`` becomes the Message-ID, so that mail programs recognise a repeat of the same email. Line breaks
    in what becomes a header are spaces.
    """

    encoding: Any = SEVEN_BITS

    def __init__(
        self,
        *,
        subject: str,
        body: str,
        to: str,
        sender: str = "",
        reply_to: Sequence[str] = (),
        name: str = "",
    ) -> None:
        host = sender_host()
        super().__init__(
            subject=one_line(subject),
            body=body,
            to=[normal_form(to)],
            from_email=_from(sender),
            reply_to=[normal_form(address) for address in reply_to if one_line(address) == address],
            headers={
                **NO_ANSWERS,
                "Message-ID": f"<{name}@{host}>" if name else make_msgid(domain=host),
            },
        )

    def send(self, *args: Any, **options: Any) -> int:
        """Send it; raise ``Refused`` if trying again makes no sense, or what kept it from being sent."""
        try:
            sanitize_address(self.to[0], "utf-8")
        except ValueError as error:  # Of before there was a normal form, or from a restore.
            MAILS.labels("refused").inc()
            raise Refused("Nothing can be sent to this, which is no address.") from error
        try:
            sent = super().send(*args, **options)
        except Exception as error:
            words = refusal(error)
            MAILS.labels("failed" if words is None else "refused").inc()
            # By its Message-ID, because the log names nobody: it is tried again, or its customer is told.
            logger.warning("mail %s isn't sent: %s", self.extra_headers["Message-ID"], kind_of(error))
            if words is None:
                raise
            raise Refused(words) from error
        MAILS.labels("sent").inc()
        return sent


def sender_host() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def one_line(text: str) -> str:
    """Return ``text`` on one line, with single spaces, in characters that a header may have."""
    return " ".join("".join(it if is_readable(it) else " " for it in text).split())


def _from(name: str) -> str:
    """Return the sender: ``name``, else that in DEFAULT_FROM_EMAIL, else the shop's."""
    chosen, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if not name and chosen != NAME:
        return settings.DEFAULT_FROM_EMAIL
    shown = one_line(name or shop().name)[:LONGEST_NAME]
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def refusal(error: BaseException) -> str | None:
    """
    Return the mail server's words if ``error`` means that it will never take this email, else None.

    What it says of the recipient or the email counts. Before that it speaks of the shop: whether it knows our
    name, password and sender. That can be mended, and what waits for it is tried again.
    """
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=answers):
            code, said = next(iter(answers.values()))
        case smtplib.SMTPDataError(smtp_code=code, smtp_error=said):
            pass
        case _:
            return None
    return f"{code} {_read(said)}" if code in PERMANENT else None


def _read(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(text)[:500]


def kind_of(error: BaseException) -> str:
    """Return what the log says of ``error``, which may have an address in its words."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=answers):
            codes = [code for code, _said in answers.values()]
        case smtplib.SMTPDataError(smtp_code=code):
            codes = [code]
        case _:
            return repr(error)
    return " ".join([type(error).__name__, *map(str, codes)])
