"""One mail, from its bytes: what a reader sees of it."""

import base64
import binascii
import re
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import NamedTuple

# Links lead out of the frame that a mail is shown in.
OUTWARD = '<base target="_blank">'
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
CONTENT_ID = re.compile(r"""(["'(])cid:([^"')\s]+)""")


class Attachment(NamedTuple):
    name: str
    content: bytes

    @property
    def size(self) -> str:
        return f"{max(1, round(len(self.content) / 1_000))} kB"


class Mail:
    """
    A mail that was parsed.

    Nothing that is wrong with it raises: what can't be decoded is shown with replacement characters, and
    what is missing is empty.
    """

    def __init__(self, raw: bytes) -> None:
        self._message = message_from_bytes(raw)
        self._parts = [part for part in self._message.walk() if not part.is_multipart()]

    @property
    def is_mail(self) -> bool:
        return bool(self.sender or self.to)

    @property
    def subject(self) -> str:
        return self._header("Subject") or "(no subject)"

    @property
    def sender(self) -> str:
        return self._header("From")

    @property
    def to(self) -> str:
        return self._header("To")

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent, by this machine's clock."""
        try:
            return parsedate_to_datetime(self._header("Date")).astimezone()
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def text(self) -> str | None:
        """Its plain part; None if it has none."""
        return self._body("text/plain")

    @property
    def html(self) -> str | None:
        """Its HTML, with its pictures in it, as a document of its own; None if it has none."""
        html = self._body("text/html")
        if html is None:
            return None
        pictures = {_id_of(part): _data_address(part) for part in self._parts if part.get("Content-ID")}
        html = CONTENT_ID.sub(lambda found: found[1] + pictures.get(found[2], ""), html)
        head = HEAD.search(html)
        return html[: head.end()] + OUTWARD + html[head.end() :] if head else OUTWARD + html

    @property
    def attachments(self) -> list[Attachment]:
        attached = [part for part in self._parts if part.get_content_disposition() == "attachment"]
        return [Attachment(_name_of(part, number), _bytes_of(part)) for number, part in enumerate(attached)]

    def _header(self, name: str) -> str:
        return " ".join(_decoded(str(self._message.get(name, ""))).split())

    def _body(self, kind: str) -> str | None:
        for part in self._parts:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                return _text_of(part)
        return None


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except (HeaderParseError, LookupError, UnicodeError, binascii.Error):
        return header


def _text_of(part: Message) -> str:
    content = _bytes_of(part)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, UnicodeError):  # A charset that Python doesn't know, or that is for no text.
        return content.decode("utf-8", "replace")


def _bytes_of(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _name_of(part: Message, number: int) -> str:
    """Return the name of an attachment without what would be a folder or a line in a header."""
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", _decoded(part.get_filename() or ""))
    return name.strip(". ") or f"attachment-{number + 1}"


def _id_of(part: Message) -> str:
    return str(part["Content-ID"]).strip().strip("<>")


def _data_address(part: Message) -> str:
    return f"data:{part.get_content_type()};base64,{base64.b64encode(_bytes_of(part)).decode()}"
