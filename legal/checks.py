"""What ``check --deploy`` says of a house that hasn't written what the law asks for."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import DatabaseError

from legal.models import House, Kind, LegalText


@register(Tags.database, deploy=True)
def house_is_described(**kwargs: Any) -> list[CheckMessage]:
    """Look at the rows, with ``check --deploy --database default``."""
    try:
        house, known = House.current(), set(LegalText.objects.values_list("kind", flat=True))
    except DatabaseError:  # Not migrated yet.
        return []
    found: list[CheckMessage] = []
    if house is None or not house.is_complete:
        hint = "Fill in House in the admin: legal name, address, tax number or VAT ID, and VAT rate."
        found.append(
            checks.Warning("No receipts are issued: House isn't filled in.", hint=hint, id="admit.W010")
        )
    if missing := [kind.label for kind in Kind if kind not in known]:
        words = f"The house has published no text for: {', '.join(map(str, missing))}."
        found.append(
            checks.Warning(words, hint="Publish them in the admin, under Legal texts.", id="admit.W011")
        )
    return found
