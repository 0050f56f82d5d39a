import json

from django import template

from bookings.orders.offers import Offer
from bookings.orders.price_terms import describe_terms

register = template.Library()


@register.filter
def price_terms(offer: Offer) -> str:
    """Return what the prices of an offer depend on, as JSON."""
    return json.dumps(describe_terms(offer))
