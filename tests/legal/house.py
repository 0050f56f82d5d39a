"""The house that sells, described so that receipts are made."""

from decimal import Decimal
from typing import Any

from legal.models import House, Kind, LegalText, publish


def make_house(**changes: Any) -> House:
    fields = {
        "legal_name": "The Little Theatre gGmbH",
        "address": "Hauptstraße 1\n12345 Neustadt",
        "tax_number": "12/345/67890",
        "vat_rate": Decimal("19.00"),
    }
    return House.objects.create(**{**fields, **changes})


def publish_terms(text: str = "# Tickets\n\nNo ticket, no seat.") -> LegalText:
    return publish(Kind.TERMS, {"en-gb": text, "de": "# Karten\n\nOhne Karte kein Platz."})
