"""Read the emails that Django's file backend has written."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.support.patience import wait_for

END = b"-" * 79


def wait_for_mail(folder: Path, address: str) -> EmailMessage:
    """Wait for an email to ``address``, and return it; there must be only one."""
    [mail] = wait_for(
        lambda: [mail for mail in read_all(folder) if mail["To"] == address], f"a mail to {address}"
    )
    return mail


def read_all(folder: Path) -> list[EmailMessage]:
    """Return all emails that are completely written."""
    mails = [part for file in folder.iterdir() for part in file.read_bytes().split(END)[:-1]]
    return [message_from_bytes(mail.lstrip(), policy=policy.default) for mail in mails]
