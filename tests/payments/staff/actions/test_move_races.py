"""Whoever moves a customer at the same moment as somebody does something else: one of them is first."""

from collections.abc import Callable

import pytest

from bookings.models import Event, Seat, Ticket, TicketStatus
from bookings.seats.moving import NotMovable
from payments.checkout.cancellation import NotCancellable, cancel_seats
from payments.checkout.exchange import open_exchange
from payments.fsck import inspect
from payments.ledger.moving import move, quote_moves
from payments.ledger.refunds import NotRefundable
from payments.models import Cause
from tests.support.sandbox import Sandbox
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

REFUSALS = (NotMovable, NotCancellable, NotRefundable)


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event()


def mover(purchase: Purchase, old: str, new: str) -> Callable[[], object]:
    payment = purchase.payment
    wanted = {purchase.booking.tickets.get(seat__label=old).pk: new}
    agreed = quote_moves(payment, wanted).agreed
    return lambda: move(payment, wanted, agreed=agreed, cause=Cause.STAFF)


def race(*actions: Callable[[], object]) -> list[bool]:
    """Do all at once; return which were done. What isn't refused with a reason fails the test."""

    def attempt(number: int) -> bool:
        try:
            actions[number]()
        except REFUSALS:
            return False
        return True

    return at_once(attempt, len(actions))


@pytest.mark.usefixtures("event")
def test_two_customers_are_moved_to_one_seat(box_office: BoxOffice, stripe: Sandbox) -> None:
    first, second = box_office.sell(), box_office.buy("B-1", "B-2", email="bob@example.com")
    stripe.pay(second.session_id)
    box_office.deliver("completed", second)
    Seat.objects.filter(label="B-5").update(price=3200)

    done = race(mover(first, "A-1", "B-5"), mover(second, "B-1", "B-5"))

    assert sorted(done) == [False, True]
    assert Ticket.objects.filter(seat__label="B-5", status=TicketStatus.VALID).count() == 1
    assert inspect() == []


def test_one_ticket_is_moved_to_two_seats_while_its_customer_cancels(
    box_office: BoxOffice, event: Event
) -> None:
    Event.objects.update(cancellable_until=event.starts_at)
    paid = box_office.sell()

    done = race(
        mover(paid, "A-1", "B-5"),
        mover(paid, "A-1", "A-6"),
        lambda: cancel_seats(paid.payment, labels=["A-1"]),
    )

    assert sum(done) == 1
    assert inspect() == []


def test_an_exchange_is_paid_while_its_ticket_is_cancelled(
    box_office: BoxOffice, stripe: Sandbox, event: Event
) -> None:
    Event.objects.update(cancellable_until=event.starts_at)
    event.seats.filter(label="B-9").update(price=6000)
    paid = box_office.sell()
    wanted = {paid.booking.tickets.get(seat__label="A-1").pk: "B-9"}
    own = open_exchange(paid.payment, wanted, agreed=quote_moves(paid.payment, wanted).agreed)
    dearer = Purchase(str(own.session_id), {})
    stripe.pay(dearer.session_id)

    race(
        lambda: box_office.deliver("completed", dearer),
        lambda: cancel_seats(paid.payment, labels=["A-1"]),
        mover(paid, "A-2", "B-3"),
    )

    assert dearer.tickets == ["B-9"]
    back = paid.payment.refunds.exclude(tickets=None).get()  # By one or the other, never twice.
    assert back.amount == 4200
    assert [ticket.seat.label for ticket in back.tickets.select_related("seat")] == ["A-1"]
    assert inspect() == []
