from django import template

from bookings.money import format_money

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """Format an amount in minor units: ``{{ 4200|money:"eur" }}`` is €42.00."""
    return format_money(amount, currency)
