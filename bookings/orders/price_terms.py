"""All that prices depend on, for the script that shows the total before places are held."""

from typing import Any

from bookings.models import SaleCode, TicketType
from bookings.money import increment, minimum_charge
from bookings.orders.offers import Offer, slug_of


def describe_terms(offer: Offer) -> dict[str, Any]:
    """Return what ``static/js/places/prices.js`` computes with; amounts are in minor units."""
    member, currency = offer.member, offer.event.currency
    return {
        "types": {kind.slug: _of_type(kind) for kind in offer.types},
        **_sold_as(offer),
        "member": {"percent": member.terms.discount_percent, "left": member.left} if member else None,
        "code": _of_code(offer.code) if offer.code else None,
        "increment": increment(currency),
        "least": minimum_charge(currency),
    }


def _sold_as(offer: Offer) -> dict[str, Any]:
    """Return the slugs of types by area where that matters, the usual first; "" is any other area."""
    seated = [area for area in offer.areas if not area.is_standing]
    kinds = {area.slug: [slug_of(kind) for kind in offer.kinds_in(area.pk)] for area in seated}
    usual = [slug_of(kind) for kind in offer.kinds_in(None)]
    if all(slugs == usual for slugs in kinds.values()):
        return {"kinds": {"": usual}}
    return {"kinds": {"": usual, **kinds}}


def _of_type(kind: TicketType) -> dict[str, Any]:
    return {"price": kind.price, "percent": kind.percent_off or 0, "membersOnly": kind.members_only}


def _of_code(code: SaleCode) -> dict[str, Any]:
    return {
        "percent": code.percent_off,
        "amount": code.amount_off,
        "most": code.places_at_most,
        "types": [kind.slug for kind in code.types.all()],
    }
