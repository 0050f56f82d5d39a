"""Checks of texts that must have a form: e-mail and web addresses, descriptors, tax codes."""

import re
from urllib.parse import urlsplit

from sandbox.core.errors import StripeError, missing_object

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+(?:[A-Za-z]{{2,}}|xn--[A-Za-z0-9-]+)")
LETTER = re.compile(r"[A-Za-z]")
TAX_CODE = re.compile(r"txcd_[0-9]{8}")
FORBIDDEN_IN_DESCRIPTORS = frozenset("<>\\'\"*")


LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
PREFIX = re.compile(r"[A-Z0-9]{1,12}")


def is_email(text: str) -> bool:
    """Return whether Stripe takes an address: ASCII, and a domain with a dot."""
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


def statement_descriptor(text: str, param: str) -> None:
    """Raise ``StripeError`` unless a bank statement can show it: with a letter, without ``< > \\ ' " *``."""
    if LETTER.search(text) is None:
        raise StripeError("The statement descriptor must contain at least one Latin character.", param=param)
    if found := sorted(FORBIDDEN_IN_DESCRIPTORS & set(text)):
        raise StripeError(
            f"The statement descriptor can't contain any of < > \\ ' \" *. Yours has {' '.join(found)}",
            param=param,
        )


def tax_code(text: str, param: str) -> None:
    if TAX_CODE.fullmatch(text) is None:
        raise missing_object("tax code", text, param=param)


def language(text: str, param: str) -> None:
    """Raise ``StripeError`` for what can't be a language, such as ``de`` or ``pt-BR``."""
    if LANGUAGE.fullmatch(text) is None:
        raise StripeError(f"Invalid locale: {text}", param=param)


def invoice_prefix(text: str, param: str) -> None:
    if PREFIX.fullmatch(text) is None:
        raise StripeError("Invoice prefixes are 1 to 12 uppercase letters or numbers.", param=param)
