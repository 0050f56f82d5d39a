from django import template

from bookings.money import format_briefly, format_money, format_price

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """Format an amount in minor units: ``{{ 4200|money:"eur" }}`` is €42.00."""
    return format_money(amount, currency)


@register.filter
def price(amount: int, currency: str) -> str:
    """Format what a place costs: as ``money`` does, and with a word where it is nothing."""
    return format_price(amount, currency)


@register.simple_tag
def brief_money(currency: str, amount: int, *others: int) -> str:
    """Format an amount without ``.00`` if the ``others`` beside it have no fraction either."""
    return format_briefly(amount, currency, *others)
