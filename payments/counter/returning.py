"""Take tickets back that were bought without Stripe."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum

from bookings.models import Booking, StopReason, Ticket, TicketStatus
from bookings.tickets.validity import stop_tickets
from payments.counter.selling import TillClosed
from payments.models import CounterReturn, CounterSale, SaleKind, Till
from payments.models.counter import TILL_KINDS


class NotReturnable(Exception):
    """These tickets can't be taken back for so much."""


@transaction.atomic
def take_back(
    sale: CounterSale,
    tickets: Collection[Ticket],
    *,
    amount: int = 0,
    kind: SaleKind | None = None,
    till: Till | None = None,
    actor: User | None = None,
    reason: str = "",
    form_id: str | None = None,
) -> CounterReturn:
    """
    Void ``tickets`` of ``sale``, whose seats are free again, and note the ``amount`` that goes back for them.

    The amount is in minor units, and goes back as ``kind`` says out of the open ``till``: like it came,
    unless told otherwise. A form that is sent twice takes them back once. Raise ``NotReturnable`` for more
    than what was paid and is still here, or for tickets that were given back before, and ``TillClosed``.
    """
    booking = Booking.objects.select_for_update(no_key=True).get(pk=sale.booking_id)
    if form_id and (earlier := CounterReturn.objects.filter(form_id=form_id).first()):
        if earlier.sale_id != sale.pk:
            raise NotReturnable
        return earlier
    live = {ticket.pk for ticket in booking.tickets.exclude(status=TicketStatus.VOID)}
    if not tickets or not {ticket.pk for ticket in tickets} <= live:
        raise NotReturnable
    returned = sale.returns.aggregate(sum=Sum("amount"))["sum"] or 0
    if not 0 <= amount <= sale.amount - returned:
        raise NotReturnable
    how = SaleKind(kind or sale.kind) if amount else SaleKind.FREE
    back = CounterReturn.objects.create(
        sale=sale,
        amount=amount,
        kind=how,
        till=_open(till) if how in TILL_KINDS else None,
        actor=actor,
        reason=reason,
        form_id=form_id,
    )
    back.tickets.set(tickets)
    stop_tickets(booking, {ticket.pk: StopReason.REFUNDED for ticket in tickets})
    return back


def _open(till: Till | None) -> Till:
    found = (
        Till.objects.select_for_update(no_key=True).filter(pk=till.pk, closed_at=None).first()
        if till
        else None
    )
    if found is None:
        raise TillClosed
    return found
