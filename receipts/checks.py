from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import DatabaseError

from legal.models import House


@register(Tags.database, deploy=True)
def one_kind_of_receipts(**kwargs: Any) -> list[CheckMessage]:
    """Two documents with numbers for one sale would be two sales to the tax office."""
    try:
        house = House.current()
    except DatabaseError:  # Not migrated yet.
        return []
    if house and house.is_complete and settings.STRIPE_CHECKOUT_OPTIONS["invoices"]:
        words = "With STRIPE_INVOICES=1 Stripe issues invoices, so Admit issues no receipts."
        return [
            checks.Warning(words, hint="Set STRIPE_INVOICES=0 to issue receipts with Admit.", id="admit.W012")
        ]
    return []
