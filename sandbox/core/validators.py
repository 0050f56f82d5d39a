"""Checks of e-mail and web addresses, and of other texts with a form of their own."""

import re
from urllib.parse import urlsplit

from sandbox.core.errors import StripeError

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
PREFIX = re.compile(r"[A-Z0-9]{1,12}")


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


def language(text: str, param: str) -> None:
    """Raise ``StripeError`` for what can't be a language, such as ``de`` or ``pt-BR``."""
    if LANGUAGE.fullmatch(text) is None:
        raise StripeError(f"Invalid locale: {text}", param=param)


def invoice_prefix(text: str, param: str) -> None:
    if PREFIX.fullmatch(text) is None:
        raise StripeError("Invoice prefixes are 1 to 12 uppercase letters or numbers.", param=param)
