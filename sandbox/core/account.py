"""
The account that the API's keys belong to: what its owner sets in Stripe's Dashboard.

A fact is declared with ``fact``, also by other modules, and read with ``Account(store)[name]``.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.core.errors import StripeError
from sandbox.core.ids import ALPHABET
from sandbox.core.money import KNOWN as CURRENCIES
from sandbox.core.settings import Settings
from sandbox.core.store import Store
from sandbox.core.validators import FORBIDDEN_IN_DESCRIPTORS, is_email, web_address

ID_LENGTH = 16
DESCRIPTOR = re.compile(r"(?=.*[A-Za-z])[ -~]{5,22}")


@dataclass(frozen=True)
class Fact:
    """One thing the owner can set. ``check`` returns the value to keep or raises ``ValueError``."""

    default: Any
    check: Callable[[Any], Any]


FACTS: dict[str, Fact] = {}


def fact(name: str, default: Any, check: Callable[[Any], Any]) -> None:
    """Declare a fact; ``/_sandbox/account`` shows and sets it from then on."""
    FACTS[name] = Fact(default, check)


class Account:
    """The facts of the account, kept in the state file."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getitem__(self, name: str) -> Any:
        changed: dict[str, Any] = self.store.setting("account", {})
        if name in changed:
            return changed[name]
        return self.store.setting(f"account.default.{name}", FACTS[name].default)

    def all(self) -> dict[str, Any]:
        return {"id": self.id, **{name: self[name] for name in FACTS}}

    def change(self, given: dict[str, Any]) -> None:
        """Set facts; raise ``ValueError`` for a name or a value that isn't possible, and set none of them."""
        changed = dict(self.store.setting("account", {}))
        for name, value in given.items():
            if name not in FACTS:
                raise ValueError(f"{name} is none of {', '.join(sorted(FACTS))}")
            try:
                changed[name] = FACTS[name].check(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        self.store.set("account", changed)

    @property
    def id(self) -> str:
        return str(self.store.setting("account.id"))

    @property
    def created(self) -> int:
        return int(self.store.setting("account.created"))

    @property
    def country(self) -> str:
        """Two capital letters."""
        return str(self["country"])

    @property
    def default_currency(self) -> str:
        return str(self["default_currency"])

    @property
    def display_name(self) -> str:
        return str(self["display_name"])

    @property
    def statement_descriptor(self) -> str | None:
        """What card statements show; None before the account has one."""
        found: str | None = self["statement_descriptor"]
        return found

    @property
    def terms_of_service_url(self) -> str | None:
        """The terms' address in the Dashboard's public details; the API doesn't show it."""
        found: str | None = self["terms_of_service_url"]
        return found


def configure(store: Store, settings: Settings, *, now: int) -> None:
    """Take over the command line's name and key. One key is always of the same account."""
    store.set("account.default.display_name", settings.merchant)
    store.set("account.id", account_id(settings.key or ""))
    if store.setting("account.created") is None:
        store.set("account.created", now)


def account_id(key: str) -> str:
    number = int.from_bytes(hashlib.sha256(key.encode()).digest(), "big")
    letters = []
    for _ in range(ID_LENGTH - 1):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "acct_1" + "".join(letters)


def no_access(account: str) -> StripeError:
    """Return the error for an account that the key has nothing to do with, or that doesn't exist."""
    return StripeError(
        f"The provided key does not have access to account '{account}' (or that account does not exist). "
        "Application access may have been revoked.",
        status=403,
        code="account_invalid",
    )


def country(value: Any) -> str:
    if not isinstance(value, str) or re.fullmatch(r"[A-Z]{2}", value) is None:
        raise ValueError("give two capital letters, such as DE")
    return value


def currency(value: Any) -> str:
    if not isinstance(value, str) or value not in CURRENCIES:
        raise ValueError("give one of Stripe's currencies in small letters, such as eur")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("give a text")
    return value


def descriptor_or_none(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not DESCRIPTOR.fullmatch(value) or FORBIDDEN_IN_DESCRIPTORS & set(value):
        raise ValueError("give 5 to 22 Latin characters with a letter and without < > \\ ' \" *, or null")
    return value


def url_or_none(value: Any) -> str | None:
    if value is None:
        return None
    try:
        web_address(text(value), "")
    except StripeError:
        raise ValueError("give an http or https address, or null") from None
    return str(value)


def email_or_none(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and is_email(value)):
        raise ValueError("give an e-mail address, or null")
    return value


fact("country", "DE", country)
fact("default_currency", "eur", currency)
fact("display_name", "Test shop", text)
fact("statement_descriptor", "TEST SHOP", descriptor_or_none)
fact("terms_of_service_url", None, url_or_none)
fact("support_email", None, email_or_none)
fact("url", None, url_or_none)
