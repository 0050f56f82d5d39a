from typing import Any

from django import template

from bookings.models import Booking
from payments.models import Payment
from receipts.addresses import WAIT, asks_for_address
from receipts.issuing import awaits_receipt, issuing_house
from receipts.models import Receipt

register = template.Library()


@register.simple_tag
def receipts_of(booking: Booking) -> dict[str, Any]:
    """
    Return the ``documents`` of a booking, the first one first, and whether one ``is_due``.

    One that ``asks`` for the buyer's address waits for it, and until ``waits_until``.
    """
    if booking.confirmed_at is None:
        return {"documents": [], "is_due": False, "asks": False}
    documents = list(
        Receipt.objects.filter(payment__booking=booking)
        .select_related("payment__booking")
        .defer("lines", "seller")
        .order_by("pk")
    )
    due = None if documents else _due(booking)
    return {
        "documents": documents,
        "is_due": due is not None,
        "asks": due is not None and asks_for_address(due),
        "waits_until": due.processed_at + WAIT if due and due.processed_at else None,
    }


def _due(booking: Booking) -> Payment | None:
    """Return the payment whose receipt is still to be made; None if there is none."""
    house = issuing_house()
    bought = Payment.objects.paid().filter(booking=booking, problem="").first() if house else None
    return bought if house and bought and awaits_receipt(bought, house) else None
