from django import template

from bookings.models import Seat, Ticket
from bookings.orders.places import spell_kind, spell_place

register = template.Library()


@register.filter
def place(seat: Seat) -> str:
    """Return where a place is."""
    return spell_place(seat)


@register.filter
def kind(ticket: Ticket) -> str:
    """Return whom a ticket from ``with_kinds`` is for; nothing at full price."""
    return spell_kind(ticket)
