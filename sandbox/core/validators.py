"""Checks of e-mail and web addresses."""

import re
from urllib.parse import urlsplit

from sandbox.core.errors import StripeError

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def is_email(text: str) -> bool:
    return EMAIL.fullmatch(text) is not None


def email_address(text: str, param: str) -> None:
    if not is_email(text):
        raise StripeError(f"Invalid email address: {text}", code="email_invalid", param=param)


def web_address(text: str, param: str) -> None:
    """Raise ``StripeError`` for an address that a browser can't open."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not text.isprintable() or " " in text:
        raise StripeError("Not a valid URL", code="url_invalid", param=param)
