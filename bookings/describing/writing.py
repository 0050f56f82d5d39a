"""Write the description of an event that ``bookings.describing.making`` follows."""

from typing import Any

from bookings.describing import keys, kinds
from bookings.describing.kinds import Setting
from bookings.describing.plans import HIDDEN
from bookings.describing.rows import write_rows
from bookings.events.capacity import capacity_of, usual_price
from bookings.models import Area, Event, SaleCode, TicketType, Visibility
from bookings.when.zones import zone_of

SHOWN = {Visibility.DRAFT: False, Visibility.HIDDEN: HIDDEN, Visibility.PUBLISHED: True}


def describe(event: Event) -> dict[str, Any]:
    """
    Return ``event`` as a description, which changes nothing of it when it is followed.

    What is as it would be without being named isn't named. Who has which place is never in it.
    """
    setting = Setting(event.currency, zone_of(event.time_zone))
    about = keys.write(event, keys.EVENT, setting)
    description = {
        "title": about.pop("title"),
        "slug": event.slug,
        "venue": about.pop("venue", ""),
        "time_zone": event.time_zone,
        "currency": event.currency,
        "published": SHOWN[Visibility(event.visibility)],
        **about,
    }
    if hall := write_rows(event.seats.filter(area=None), setting):
        description["rows"] = hall
    lists = {
        "areas": [_area(area, setting) for area in event.areas.all()],
        "types": [_type(kind, setting) for kind in event.types.prefetch_related("areas")],
        "codes": [_code(code, setting) for code in event.codes.prefetch_related("types", "opens")],
        "questions": [
            {"text": one.text, **keys.write(one, keys.QUESTION, setting)} for one in event.questions.all()
        ],
    }
    return {**description, **{key: parts for key, parts in lists.items() if parts}}


def _area(area: Area, setting: Setting) -> dict[str, Any]:
    about = {"slug": area.slug, "kind": area.kind, **keys.write(area, keys.AREA, setting)}
    if not area.is_standing:
        return {**about, "rows": write_rows(area.seats.all(), setting)}
    price = usual_price(area)
    own = {} if price is None else {"price": kinds.PRICE.write(price, setting)}
    return {**about, "capacity": capacity_of(area), **own}


def _type(kind: TicketType, setting: Setting) -> dict[str, Any]:
    about = {"slug": kind.slug, **keys.write(kind, keys.TYPE, setting)}
    areas = [area.slug for area in kind.areas.all()]
    return {**about, "areas": areas} if areas else about


def _code(code: SaleCode, setting: Setting) -> dict[str, Any]:
    about = {"code": code.code, **keys.write(code, keys.CODE, setting)}
    types = {
        "types": [kind.slug for kind in code.types.all()],
        "opens": [kind.slug for kind in code.opens.all()],
    }
    return {**about, **{key: slugs for key, slugs in types.items() if slugs}}
