"""What the shop's owner has switched on for its Checkout Sessions, and how a payment names its event."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from bookings.models import Event
from bookings.when.zones import zone_of

# A statement shows the account's prefix of ten characters at most, an asterisk, a space and this, 22 in all.
# https://docs.stripe.com/get-started/account/statement-descriptors
SUFFIX_LENGTH = 10
# Letters that Unicode doesn't take apart into a plain one and a mark, or that are spelled otherwise.
LETTERS = "äöüÄÖÜßæÆœŒøØłŁđĐðÐþÞ\u0131"
SPELLED = "ae oe ue Ae Oe Ue ss ae Ae oe Oe o O l L d D d D th Th i"
TRANSLITERATION = str.maketrans(dict(zip(LETTERS, SPELLED.split(), strict=True)))
DESCRIPTION_LENGTH = 500


@dataclass(frozen=True, kw_only=True)
class CheckoutOptions:
    """What the environment switches on. Each needs something at Stripe, which ``stripe_doctor`` tries."""

    terms_of_service: bool = False
    automatic_tax: bool = False
    tax_ids: bool = False
    invoices: bool = False

    @property
    def names(self) -> list[str]:
        """What is switched on."""
        return [name for name, is_on in vars(self).items() if is_on]

    @property
    def tax_behavior(self) -> dict[str, Any]:
        """What each price says: a tax is part of what the customer was told, and never comes on top."""
        return {"tax_behavior": "inclusive"} if self.automatic_tax else {}

    def for_payments(self) -> dict[str, Any]:
        """Return the parameters of a session that takes a payment."""
        invoices = {"invoice_creation": {"enabled": True}} if self.invoices else {}
        return {**self._for_both(), **invoices}

    def for_memberships(self, *, has_customer: bool) -> dict[str, Any]:
        """
        Return the parameters of a session that begins a subscription, which makes invoices anyway.

        What is typed for the tax goes to a customer whom Stripe knows already only if it may be changed.
        """
        changes: dict[str, str] = {}
        if has_customer and self.automatic_tax:
            changes |= {"address": "auto"}
        if has_customer and self.tax_ids:
            changes |= {"name": "auto"}
        return {**self._for_both(), **({"customer_update": changes} if changes else {})}

    def _for_both(self) -> dict[str, Any]:
        params: dict[str, Any] = {}
        if self.terms_of_service:
            params["consent_collection"] = {"terms_of_service": "required"}
        if self.automatic_tax:
            params["automatic_tax"] = {"enabled": True}
        if self.tax_ids:
            params["tax_id_collection"] = {"enabled": True}
        return params


def checkout_options() -> CheckoutOptions:
    """Return what is switched on."""
    return CheckoutOptions(**settings.STRIPE_CHECKOUT_OPTIONS)


def describe_purchase(event: Event, labels: Collection[str]) -> str:
    """Return what a payment is called at Stripe and on its receipt: the event and the seats."""
    day = event.starts_at.astimezone(zone_of(event.time_zone)).date()
    return f"{event.title}, {day:%Y-%m-%d}: {', '.join(labels)}"[:DESCRIPTION_LENGTH]


def statement_suffix(title: str) -> str:
    """
    Return how a card's statement names an event: plain Latin letters, as many as fit, or none.

    Words that don't fit are left out; a first one that doesn't is cut.
    """
    marked = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", title).translate(TRANSLITERATION))
    plain = "".join(character for character in marked if not unicodedata.combining(character))
    words = re.findall(r"[A-Za-z0-9]+(?:[.&+-][A-Za-z0-9]+)*", plain)
    suffix = ""
    for word in words:
        longer = f"{suffix} {word}".strip()
        if len(longer) > SUFFIX_LENGTH:
            break
        suffix = longer
    suffix = suffix or "".join(words[:1])[:SUFFIX_LENGTH].rstrip(".&+-")
    return suffix if re.search("[A-Za-z]", suffix) else ""
