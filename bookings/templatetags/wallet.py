from django import template

from bookings.models import Ticket
from bookings.wallet.offering import Wallets
from bookings.wallet.offering import wallets_for as _wallets_for

register = template.Library()


@register.simple_tag
def wallets_for(ticket: Ticket) -> Wallets:
    """Return the wallets that ``ticket`` can be added to now."""
    return _wallets_for(ticket)
