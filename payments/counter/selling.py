"""Buy a held booking without Stripe."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum

from bookings.models import Booking, BookingStatus
from bookings.orders.visitors import UNKNOWN, Visitor
from bookings.tickets.issuing import confirm
from payments.metrics import COUNTER_SALES
from payments.models import CounterSale, SaleKind, Till
from payments.models.counter import TILL_KINDS


class NotHeld(Exception):
    """The booking's seats aren't held any more, so it can't be sold."""


class TillClosed(Exception):
    """Money is taken into an open till of the seller and of the booking's currency, and there is none."""


@transaction.atomic
def sell(
    booking: Booking,
    kind: SaleKind,
    *,
    seller: User | None = None,
    till: Till | None = None,
    reason: str = "",
    allowed_by: str = "",
    attempt: str | None = None,
    fingerprint: str = "",
    visitor: Visitor = UNKNOWN,
) -> CounterSale:
    """
    Sell a held ``booking`` for its price, or for nothing if it is complimentary; issue and mail its tickets.

    What costs something is taken into the seller's open ``till``. ``reason`` and ``allowed_by`` are for what
    is complimentary. Raise ``NotHeld`` or ``TillClosed``; then nothing is sold.
    """
    locked = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    if locked.status != BookingStatus.HELD:
        raise NotHeld
    locked.event = booking.event
    amount = locked.booked_seats.current().aggregate(sum=Sum("price"))["sum"] or 0
    if kind == SaleKind.COMPLIMENTARY:
        locked.booked_seats.current().update(paid=0)
        amount = 0
    elif not amount:
        kind = SaleKind.FREE
    sale = CounterSale.objects.create(
        booking=locked,
        kind=kind,
        amount=amount,
        currency=booking.event.currency,
        seller=seller,
        till=_open(till, seller, booking.event.currency) if kind in TILL_KINDS else None,
        reason=reason,
        allowed_by=allowed_by,
        attempt=attempt,
        fingerprint=fingerprint,
        browser=visitor.browser,
        network=visitor.network,
    )
    confirm(locked)
    transaction.on_commit(COUNTER_SALES.labels(sale.kind).inc)
    return sale


def _open(till: Till | None, seller: User | None, currency: str) -> Till:
    """Return ``till``, locked against being counted meanwhile."""
    own = Till.objects.filter(person=seller, currency=currency, closed_at=None)
    found = own.filter(pk=till.pk).select_for_update(no_key=True).first() if till and seller else None
    if found is None:
        raise TillClosed
    return found
