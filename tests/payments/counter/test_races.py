"""Two at once at the counter: one of them is first, and nothing is sold twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, Event
from payments.counter.desk import sell_held
from payments.counter.holding import let_go
from payments.counter.returning import NotReturnable, take_back
from payments.counter.selling import NotHeld, TillClosed
from payments.counter.tills import StillSelling, close_till, open_till, takings_of
from payments.fsck import inspect
from payments.models import CounterSale, SaleKind, Till
from tests.payments.counter.desk import Desk, held_now
from tests.support.shop import make_event
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event()


def race(*actions: Callable[[], Any]) -> list[Any]:
    return at_once(lambda number: actions[number](), len(actions))


def test_two_tablets_hold_the_same_seats(event: Event) -> None:
    desks = [Desk(event), Desk(event)]

    answers = at_once(lambda number: desks[number].hold("A-1", "A-2").status_code, 2)

    assert sorted(answers) == [302, 409]
    assert held_now(event) == ["A-1", "A-2"]


def test_a_page_that_comes_twice_at_the_same_moment_holds_and_sells_once(event: Event) -> None:
    desk = Desk(event)
    till = desk.open_till()

    holds = at_once(lambda _number: desk.hold("A-1", attempt="once").headers["Location"], 4)
    sales = at_once(lambda _number: desk.pay(Booking.objects.get()).headers["Location"], 4)

    assert (len(set(holds)), len(set(sales))) == (1, 1)
    assert takings_of(till).cash.taken == CounterSale.objects.get().amount == 4200
    assert inspect() == []


def test_a_hold_runs_out_while_it_is_sold(event: Event) -> None:
    desk = Desk(event)
    till = desk.open_till()
    for label in ("A-1", "A-2", "A-3", "A-4"):
        booking = desk.held(label)

        def sell(held: Booking = booking) -> bool:
            try:
                return bool(sell_held(held, SaleKind.CASH, seller=desk.user))
            except NotHeld:
                return False

        def end(held: Booking = booking) -> bool:
            return let_go(held)

        done = race(sell, end)

        assert sum(done) == 1
    assert takings_of(till).cash.sales == CounterSale.objects.count()
    assert (held_now(event), inspect()) == ([], [])


def test_a_sale_and_the_closing_of_its_till(event: Event) -> None:
    desk = Desk(event)
    for label in ("A-1", "A-2", "A-3", "A-4"):
        till = open_till(desk.user, "eur", amount=10_000)
        booking = desk.held(label)
        # Whoever holds nothing any more may close: the sale comes at the last moment.
        Booking.objects.filter(pk=booking.pk).update(held_until=timezone.now() + timedelta(milliseconds=1))

        def sell(held: Booking = booking) -> Any:
            try:
                return sell_held(held, SaleKind.CASH, seller=desk.user)
            except TillClosed:
                return None

        def close(till: Till = till) -> Any:
            try:
                return close_till(till, counted=10_000, note="Counted before.", signature="Grace")
            except StillSelling:
                return None

        race(sell, close)

        let_go(booking)
        till.refresh_from_db()
        if till.is_open:
            close_till(till, counted=0, note="Counted after.", signature="Grace")
        till.refresh_from_db()
        assert till.expected == 10_000 + takings_of(till).cash.taken
    assert inspect() == []


def test_two_take_the_same_tickets_back(event: Event) -> None:
    desk = Desk(event)
    till = desk.open_till()
    sale = desk.sell("A-1", "A-2")
    tickets = list(sale.booking.tickets.all())

    def back(_number: int) -> bool:
        try:
            take_back(sale, tickets, amount=8400, till=till, actor=desk.user, reason="Ill")
        except NotReturnable:
            return False
        return True

    assert sorted(at_once(back, 3)) == [False, False, True]
    assert takings_of(till).cash.total == 0
    assert inspect() == []


def test_one_person_opens_one_till(event: Event) -> None:
    desk = Desk(event)

    tills = at_once(lambda _number: open_till(desk.user, "eur", amount=5000).pk, 4)

    assert len(set(tills)) == Till.objects.count() == 1
