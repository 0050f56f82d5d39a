"""A real mail server, which says what a test wants it to say."""

import email
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port

OK = "250 OK"
logging.getLogger("mail.log").setLevel(logging.WARNING)  # It has every line of every mail.


class MailServer:
    """
    What aiosmtpd asks, and what it is answered.

    ``says`` has what an address is answered, at MAIL or RCPT, and ``says_to_data`` at DATA: one answer after
    the other, then it is taken. The connection breaks where the answer is ``BREAK``, or ``STRIKE``, which
    calls ``struck`` as well. ``hides`` are extensions that it doesn't offer.
    """

    BREAK, STRIKE = "break", "strike"

    def __init__(self, *, hides: tuple[str, ...] = ()) -> None:
        self.hides = hides
        self.says: dict[str, list[str]] = defaultdict(list)
        self.says_to_data: dict[str, list[str]] = defaultdict(list)
        self.envelopes: list[tuple[str, list[str], bytes]] = []
        self.connections = 0
        self.struck: Callable[[], object] = lambda: None

    @property
    def recipients(self) -> list[str]:
        """Return to whom mails were taken, in order."""
        return [address for _sender, addresses, _content in self.envelopes for address in addresses]

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the mails that were taken, as a mail program reads them."""
        return [email.message_from_bytes(content, policy=default) for *_, content in self.envelopes]

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return [line for line in responses if not line[4:].startswith(self.hides or ("-",))]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self._next(self.says[address], server)
        if said == OK:
            envelope.mail_from = address
        return said

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self._next(self.says[address], server)
        if said == OK:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = self._next(self.says_to_data[envelope.rcpt_tos[0]], server)
        if said in (OK, self.STRIKE):
            content: Any = envelope.original_content
            self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos, content))
        return said

    def _next(self, answers: list[str], server: SMTP) -> str:
        said = answers.pop(0) if answers else OK
        if said == self.STRIKE:
            self.struck()
        if said in (self.BREAK, self.STRIKE):
            server.transport.abort()  # type: ignore[union-attr]
        return said


@contextmanager
def running(server: MailServer, settings: Any, *, utf8: bool = True) -> Iterator[MailServer]:
    """Run ``server`` on a port of its own, and have Django send its mails to it."""
    port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port, enable_SMTPUTF8=utf8)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    try:
        yield server
    finally:
        controller.stop()
