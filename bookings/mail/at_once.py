"""Send an email while somebody waits for it, without letting a slow mail server stop the shop."""

import logging
import threading

from django.core.mail import get_connection

from bookings.mail.outgoing import CountedEmail, Refused

logger = logging.getLogger(__name__)

TIMEOUT = 8  # s
# At most this many requests of a process wait for the mail server, so that a slow one can't use up all
# threads.
BULKHEAD = threading.BoundedSemaphore(4)


class MailUnavailable(Exception):
    """The mail server can't be reached, is too slow, or doesn't take the email now."""


def send_now(mail: CountedEmail) -> None:
    """
    Send ``mail`` now, within seconds.

    Raise ``Refused`` if the mail server won't ever take it, or ``MailUnavailable`` if it doesn't now.
    """
    if not BULKHEAD.acquire(timeout=1):
        raise MailUnavailable
    try:
        mail.connection = get_connection(timeout=TIMEOUT)
        mail.send()
    except Refused:
        raise
    except OSError as error:  # Includes smtplib.SMTPException.
        raise MailUnavailable from error
    finally:
        BULKHEAD.release()
