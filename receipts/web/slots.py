"""What receipts add to the pages of bookings; see ``bookings.web.slots``."""

from bookings.web import slots

TEMPLATES = {"booking.receipts": "receipts/_on_booking.html"}


def register() -> None:
    """Fill the slots of the pages of bookings."""
    slots.fill(TEMPLATES)
