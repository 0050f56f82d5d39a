"""Quotas, codes and standing places under many buyers at once."""

from contextlib import suppress
from dataclasses import replace

import pytest

from bookings.models import Booking, Seat
from bookings.orders.codes import CodeUsedUp
from bookings.orders.types import TypeSoldOut
from bookings.seats.holds import AreaSoldOut, release
from tests.bookings.places.club import ADA, add_code, add_type, floor, hold, make_club
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = 40  # as many as have connections; each comes back a few times


def test_a_quota_is_never_oversold_to_two_hundred() -> None:
    club = make_club(floor=400)
    child = add_type(club, "child", percent_off=50, quota=125)

    def buy(number: int) -> int:
        bought = 0
        for _time in range(5):
            with suppress(TypeSoldOut):
                bought += hold(club, floor(2, "child")).booked_seats.count()
        return bought

    got = at_once(buy, BUYERS)

    child.refresh_from_db()
    assert sum(got) == child.taken == Seat.objects.filter(type=child).exclude(booking=None).count() == 124


def test_a_code_is_never_used_more_often_than_it_may() -> None:
    club = make_club(floor=100)
    code = add_code(club, "FREE", percent_off=100, limit=7)

    def buy(number: int) -> bool:
        try:
            hold(club, floor(1, code="FREE"), replace(ADA, email=f"ada{number}@example.com"))
        except CodeUsedUp:
            return False
        return True

    got = at_once(buy, BUYERS)

    code.refresh_from_db()
    assert sum(got) == code.used == Booking.objects.count() == 7


def test_who_lets_go_and_who_holds_do_not_wait_for_each_other() -> None:
    club = make_club(floor=100)
    child = add_type(club, "child", percent_off=50, quota=80)
    code = add_code(club, "SPRING", percent_off=20, limit=80)

    def come_and_go(number: int) -> None:
        for _ in range(5):
            release(hold(club, floor(1, "child", code="SPRING")))

    at_once(come_and_go, 16)

    child.refresh_from_db()
    code.refresh_from_db()
    assert (child.taken, code.used) == (0, 0)


def test_every_standing_place_is_sold_and_none_twice() -> None:
    club = make_club(floor=30)

    def buy(number: int) -> list[str]:
        try:
            return hold(club, floor(1)).seat_labels
        except AreaSoldOut:
            return []

    got = [label for labels in at_once(buy, BUYERS) for label in labels]

    assert len(got) == len(set(got)) == 30
    assert not club.seats.standing().free().exists()
