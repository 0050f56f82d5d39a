"""The keys of a description that are columns of a row, each with how its value is written."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from bookings.describing import kinds
from bookings.describing.errors import join, refused
from bookings.describing.kinds import Kind, Setting

Keys = Mapping[str, Kind]

EVENT: Keys = {
    "title": kinds.TEXT,
    "summary": kinds.TEXT,
    "description": kinds.LINES,
    "venue": kinds.TEXT,
    "map_url": kinds.TEXT,
    "starts_at": kinds.NEEDED_TIME,
    "ends_at": kinds.NEEDED_TIME,
    "doors_open_at": kinds.TIME,
    "reentry": kinds.FLAG,
    "sales_from": kinds.NEEDED_TIME,
    "sales_until": kinds.NEEDED_TIME,
    "member_sales_from": kinds.TIME,
    "cancellable_until": kinds.TIME,
    "cancellation_fee_percent": kinds.NUMBER,
    "cancellation_fee": kinds.FEE,
    "vat_rate": kinds.RATE,
    "vat_exempt_reason": kinds.TEXT,
    "organiser_name": kinds.TEXT,
    "organiser_email": kinds.ADDRESS,
    "most_per_order": kinds.COUNT,
    "most_per_customer": kinds.COUNT,
    "ticket_names": kinds.WORD,
    "stage": kinds.COUNT,
    "curve": kinds.NUMBER,
}
AREA: Keys = {"name": kinds.TEXT, "description": kinds.TEXT, "curve": kinds.NUMBER}
TYPE: Keys = {
    "name": kinds.TEXT,
    "description": kinds.TEXT,
    "price": kinds.PRICE,
    "percent_off": kinds.COUNT,
    "quota": kinds.COUNT,
    "at_least": kinds.COUNT,
    "at_most": kinds.COUNT,
    "sold_from": kinds.TIME,
    "sold_until": kinds.TIME,
    "is_offered": kinds.FLAG,
    "needs_code": kinds.FLAG,
    "members_only": kinds.FLAG,
    "proof": kinds.FLAG,
}
CODE: Keys = {
    "note": kinds.TEXT,
    "percent_off": kinds.COUNT,
    "amount_off": kinds.AMOUNT_OFF,
    "limit": kinds.COUNT,
    "limit_per_customer": kinds.COUNT,
    "places_at_most": kinds.COUNT,
    "valid_from": kinds.TIME,
    "valid_until": kinds.TIME,
    "is_active": kinds.FLAG,
}

QUESTION: Keys = {
    "help": kinds.TEXT,
    "kind": kinds.WORD,
    "options": kinds.CHOICES,
    "per": kinds.WORD,
    "required": kinds.FLAG,
}


def read(given: Mapping[str, Any], keys: Keys, path: str, setting: Setting) -> dict[str, Any]:
    """Return what those of ``keys`` mean that are ``given``."""
    return {
        name: kind.meaning(given[name], join(path, name), setting)
        for name, kind in keys.items()
        if name in given
    }


def write(row: Model, keys: Keys, setting: Setting) -> dict[str, Any]:
    """Return what ``row`` has in ``keys``, without what a new one would have anyway."""
    new = type(row)()
    return {
        name: kind.spelling(getattr(row, name), setting)
        for name, kind in keys.items()
        if getattr(row, name) != getattr(new, name)
    }


def change(
    row: Model, values: Mapping[str, Any], keys: Keys, path: str, setting: Setting
) -> dict[str, tuple[Any, Any]]:
    """
    Give ``row`` these ``values``, unsaved, and return what it had and has now, by names, as it is written.

    Raise ``BadDescription`` if the model refuses that.
    """
    named = [name for name in keys if name in values]
    old = {name: getattr(row, name) for name in named if getattr(row, name) != values[name]}
    for name in old:
        setattr(row, name, values[name])
    if old or row.pk is None:
        examine(row, path)
    spelled = keys.__getitem__
    return {
        name: (spelled(name).spelling(had, setting), spelled(name).spelling(values[name], setting))
        for name, had in old.items()
    }


def examine(row: Model, path: str) -> None:
    """Raise ``BadDescription`` if the model refuses what ``row`` has."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise refused(error, path) from error
