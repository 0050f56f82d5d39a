"""The mails that the shop has sent, as its file backend writes them."""

import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

PATIENCE = 15  # s
END = b"-" * 79


def wait_for_mail(folder: Path, address: str) -> EmailMessage:
    """Return the one mail to ``address``, as soon as it is there."""
    deadline = time.monotonic() + PATIENCE
    while not (mails := [mail for mail in read_all(folder) if mail["To"] == address]):
        assert time.monotonic() < deadline, f"There is no mail to {address}."
        time.sleep(0.05)
    [mail] = mails
    return mail


def read_all(folder: Path) -> list[EmailMessage]:
    """Return every mail that is completely written."""
    mails = [part for file in folder.iterdir() for part in file.read_bytes().split(END)[:-1]]
    return [message_from_bytes(mail.lstrip(), policy=policy.default) for mail in mails]
