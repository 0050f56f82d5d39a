from typing import Any

from django import template

from bookings.models import Booking
from payments.models import Payment
from receipts.issuing import awaits_receipt, issuing_house
from receipts.models import Receipt

register = template.Library()


@register.simple_tag
def receipts_of(booking: Booking) -> dict[str, Any]:
    """Return the ``documents`` of a booking, the first one first, and whether one ``is_due``."""
    if booking.confirmed_at is None:
        return {"documents": [], "is_due": False}
    documents = list(
        Receipt.objects.filter(payment__booking=booking)
        .select_related("payment__booking")
        .defer("lines", "seller")
        .order_by("pk")
    )
    return {"documents": documents, "is_due": not documents and _is_due(booking)}


def _is_due(booking: Booking) -> bool:
    house = issuing_house()
    bought = Payment.objects.paid().filter(booking=booking, problem="").first() if house else None
    return bool(house and bought and awaits_receipt(bought, house))
