"""Sell what is held at the counter: once, however often the button is pressed."""

from django.contrib.auth.models import User
from django.db import transaction

from bookings.models import Booking
from payments.counter.holding import NOBODY, Customer, lock_for_sale
from payments.counter.selling import sell
from payments.counter.tills import open_till_of
from payments.models import CounterSale, SaleKind
from payments.models.counter import TILL_KINDS


@transaction.atomic
def sell_held(
    booking: Booking,
    kind: SaleKind,
    *,
    seller: User,
    customer: Customer = NOBODY,
    reason: str = "",
    allowed_by: str = "",
) -> CounterSale:
    """
    Sell a hold of the counter and return the sale; that of the first request, if this is a repeated one.

    Money goes into the ``seller``'s open till. Raise ``NotHeld``, ``NotOnSale`` or ``TillClosed``; then
    nothing is sold.
    """
    Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    if earlier := CounterSale.objects.filter(booking=booking).first():
        return earlier
    locked = lock_for_sale(booking)
    write_customer(locked, customer)
    return sell(
        locked,
        kind,
        seller=seller,
        till=open_till_of(seller, booking.event.currency) if kind in TILL_KINDS else None,
        reason=reason if kind == SaleKind.COMPLIMENTARY else "",
        allowed_by=allowed_by if kind == SaleKind.COMPLIMENTARY else "",
        attempt=locked.network or None,
    )


def write_customer(booking: Booking, customer: Customer) -> None:
    """Write down whom a locked ``booking`` is for."""
    booking.name, booking.email, booking.language = customer.name, customer.email, customer.language
    booking.save(update_fields=["name", "email", "language"])
