from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from bookings.models import Booking, BookingStatus, Event, Seat, Ticket, TicketStatus
from bookings.orders.buyers import Buyer
from bookings.seats.holds import SeatsTaken, SoldOut, UnknownSeats, hold_best_available, hold_seats, release
from bookings.seats.layout import SeatsExist, add_rows, parse_rows
from payments.models import Payment, PaymentStatus
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event

ADA = Buyer(name="Ada", email="ada@example.com")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def hold(event: Event, *labels: str) -> Booking:
    until = timezone.now() + timedelta(minutes=36)
    return hold_seats(event, ADA, labels=labels, until=until)


def best(event: Event, quantity: int) -> list[str]:
    until = timezone.now() + timedelta(minutes=36)
    booking = hold_best_available(event, ADA, quantity=quantity, until=until)
    return [seat.label for seat in booking.seats.in_row_order()]


def test_the_best_seats_are_together_in_the_middle_of_the_first_row(event: Event) -> None:
    assert best(event, 2) == ["A-5", "A-6"]
    assert best(event, 2) == ["A-3", "A-4"]
    assert best(event, 2) == ["A-7", "A-8"]


def test_neighbours_further_back_are_better_than_scattered_seats_in_front(event: Event) -> None:
    hold(event, "A-2", "A-4", "A-6", "A-8", "A-10")

    assert best(event, 3) == ["B-4", "B-5", "B-6"]


def test_without_neighbours_the_seats_nearest_to_the_front_are_taken(event: Event) -> None:
    hold(event, *[f"{row}-{number}" for row in "AB" for number in range(2, 11, 2)])

    assert best(event, 3) == ["A-1", "A-3", "A-5"]


def test_a_gap_in_the_numbers_is_no_neighbourhood(event: Event) -> None:
    event.seats.filter(row="A", number__in=[4, 5, 6]).delete()
    event.seats.filter(row="B").delete()

    assert best(event, 4) == ["A-7", "A-8", "A-9", "A-10"]


def test_sold_out_tells_how_many_are_left_and_holds_none(event: Event) -> None:
    hold(event, *[f"A-{number}" for number in range(1, 11)])

    with pytest.raises(SoldOut) as refusal:
        best(event, 11)

    assert refusal.value.free == 10
    assert event.seats.free().count() == 10


def test_a_hold_is_all_or_nothing(event: Event) -> None:
    hold(event, "A-1")

    with pytest.raises(SeatsTaken) as refusal:
        hold(event, "A-1", "A-2")

    assert refusal.value.labels == ["A-1"]
    assert event.seats.get(label="A-2").booking is None
    assert Booking.objects.count() == 1


def test_a_seat_of_another_event_is_unknown(event: Event) -> None:
    with pytest.raises(UnknownSeats) as refusal:
        hold(event, "A-1", "C-1")

    assert refusal.value.labels == ["C-1"]


def test_a_released_seat_can_be_sold_again_and_its_history_stays(event: Event) -> None:
    first = hold(event, "A-1")
    assert release(first)

    second = hold(event, "A-1")

    assert event.seats.get(label="A-1").booking == second
    assert [booked.seat.label for booked in first.booked_seats.all()] == ["A-1"]


def test_releasing_twice_or_after_confirming_does_nothing(event: Event) -> None:
    booking = hold(event, "A-1")
    release(booking)

    assert not release(booking)


def test_the_price_of_the_moment_of_the_hold_counts(event: Event) -> None:
    booking = hold(event, "A-1")
    event.seats.update(price=1)

    assert booking.booked_seats.get().price == 4200


# What the database refuses, whatever the code does


def refuses(name: str) -> "pytest.RaisesExc[IntegrityError]":
    return pytest.raises(IntegrityError, match=name)


def test_a_seat_has_at_most_one_live_ticket(event: Event) -> None:
    seat = event.seats.first()
    drawn = {"seat": seat, "qr_png": b"x"}
    void = Ticket.objects.create(
        booking=hold(event, "A-1"), status=TicketStatus.VOID, stopped_for="refunded", **drawn
    )
    Ticket.objects.create(booking=hold(event, "A-2"), **drawn)

    with refuses("ticket_one_live_a_seat"), transaction.atomic():
        Ticket.objects.create(booking=hold(event, "A-3"), **drawn)
    with refuses("ticket_one_live_a_seat"), transaction.atomic():
        Ticket.objects.filter(pk=void.pk).update(status=TicketStatus.SUSPENDED, stopped_for="disputed")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "sold"}, "booking_status_known"),
        ({"status": "cancelled"}, "booking_ended_has_a_time"),
        ({"status": "confirmed"}, "booking_confirmed_has_time_and_reference"),
        ({"status": "released"}, "booking_ended_has_a_time"),
        ({"held_until": LONG_AGO}, "booking_hold_lies_ahead"),
    ],
    ids=str,
)
def test_a_booking_in_an_impossible_state_is_refused(event: Event, change: dict, constraint: str) -> None:
    booking = hold(event, "A-1")

    with refuses(constraint), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(**change)


PAID = {
    "status": "succeeded",
    "processed_at": LONG_AGO,
    "amount_received": 8400,
    "currency_received": "eur",
}


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({**PAID, "status": "paid"}, "payment_status_known"),
        ({"problem": "odd"}, "payment_problem_known"),
        ({"amount": 0}, "payment_has_an_amount"),
        ({"currency": "EUR"}, "payment_currency_is_three_small_letters"),
        ({"status": "succeeded"}, "payment_paid_has_evidence"),
        ({"status": "refunded"}, "payment_paid_has_evidence"),
        ({**PAID, "amount_received": 1}, "payment_that_buys_is_the_amount_asked_for"),
        ({**PAID, "amount_discount": 1}, "payment_that_buys_is_the_amount_asked_for"),
        ({**PAID, "amount_received": 8500, "tax_added": 99}, "payment_that_buys_is_the_amount_asked_for"),
        ({"presentment_amount": 100}, "payment_presentment_is_whole"),
        ({"presentment_currency": "usd"}, "payment_presentment_is_whole"),
        ({**PAID, "problem": "paid_twice"}, "payment_with_a_problem_goes_back"),
        ({"stripe_state": "odd"}, "payment_stripe_state_known"),
        ({"processed_at": LONG_AGO}, "payment_undecided_is_not_processed"),
        ({"expires_at": LONG_AGO}, "payment_ends_ahead"),
    ],
    ids=str,
)
def test_a_payment_in_an_impossible_state_is_refused(
    purchase: Purchase, change: dict, constraint: str
) -> None:
    with refuses(constraint), transaction.atomic():
        Payment.objects.filter(pk=purchase.payment.pk).update(**change)


def test_a_booking_has_at_most_one_undecided_payment(purchase: Purchase) -> None:
    payment = purchase.payment
    fields = {"booking": payment.booking, "amount": 1, "currency": "eur", "expires_at": payment.expires_at}

    with refuses("payment_one_undecided_a_booking"), transaction.atomic():
        Payment.objects.create(**fields)
    Payment.objects.create(**fields, status=PaymentStatus.FAILED)


def test_a_session_belongs_to_one_payment(purchase: Purchase) -> None:
    payment = purchase.payment
    fields = {"booking": payment.booking, "amount": 1, "currency": "eur", "expires_at": payment.expires_at}

    with refuses("session_id"), transaction.atomic():
        Payment.objects.create(**fields, status=PaymentStatus.FAILED, session_id=payment.session_id)


def test_a_seat_that_was_ever_asked_for_cannot_be_deleted(event: Event) -> None:
    release(hold(event, "A-1"))

    with pytest.raises(ProtectedError):
        Seat.objects.filter(label="A-1").delete()


# Setting up


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("A", ["A"]),
        ("A-C", ["A", "B", "C"]),
        ("a-c, K", ["A", "B", "C", "K"]),
        ("A, A-B", ["A", "B"]),
        ("1-3", ["1", "2", "3"]),
        ("AA, BB", ["AA", "BB"]),
    ],
)
def test_rows_are_spelled_as_people_write_them(text: str, rows: list[str]) -> None:
    assert parse_rows(text) == rows


@pytest.mark.parametrize("text", ["", ",", "A-", "C-A", "A-AA", "A;B", "A B", "-"])
def test_rows_that_are_unclear_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z, ;-]*$"):
        parse_rows(text)


def test_rows_that_exist_already_are_named_and_none_is_added(event: Event) -> None:
    with pytest.raises(SeatsExist) as refusal:
        add_rows(event, rows=["B", "C"], numbers=range(10, 12), price=100)

    assert refusal.value.labels == ["B-10"]
    assert event.seats.count() == 20


def test_a_booking_status_moves_only_from_held(event: Event) -> None:
    booking = hold(event, "A-1")
    release(booking)

    booking.refresh_from_db()
    assert booking.status == BookingStatus.RELEASED
    assert booking.released_at is not None
