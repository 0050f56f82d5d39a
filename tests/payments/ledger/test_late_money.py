"""Rule 11: money that comes late is decided, not lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Event, Seat
from bookings.orders.buyers import Buyer
from payments.ledger.verification import cancel, verify
from payments.models import (
    Notification,
    NotificationKind,
    Origin,
    PaymentStatus,
    Problem,
    Refund,
    RefundStatus,
)
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.turns import pay_again, pay_late, sell
from tests.support.worker import work

BOB = Buyer(name="Bob", email="bob@example.com")


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def test_seats_that_are_still_free_are_taken_back(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    pay_late(released, stripe, deliver)

    assert released.payment.status == PaymentStatus.SUCCEEDED
    assert released.booking.status == BookingStatus.CONFIRMED
    assert released.tickets == ["A-1", "A-2"]
    assert released.booking.lost_seat_labels == []
    assert not Refund.objects.exists()


def test_equal_seats_are_taken_where_one_was_sold_and_the_booking_says_so(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-2")

    pay_late(released, stripe, deliver)

    booking = released.booking
    assert released.payment.status == PaymentStatus.SUCCEEDED
    assert booking.lost_seat_labels == ["A-1", "A-2"]
    assert released.tickets == booking.seat_labels == ["A-5", "A-6"]  # Side by side, in the middle.
    assert Seat.objects.get(label="A-1").booking is None
    status = client_status(released)
    assert status["booking"]["booked_seats"] == ["A-5", "A-6"]


def client_status(purchase: Purchase) -> dict:
    return Client().get("/api/payment-status", {"session_id": purchase.session_id}).json()


def test_only_seats_of_the_same_price_are_equal(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, *(f"A-{number}" for number in range(2, 11)))  # All but one of row A; row B is cheaper.

    pay_late(released, stripe, deliver)

    payment = released.payment
    assert (payment.status, payment.problem) == (PaymentStatus.REFUND_DUE, Problem.PAID_AFTER_RELEASE)
    assert released.tickets == []
    assert Seat.objects.free().count() == 11


def test_a_mixed_booking_gets_equal_seats_for_each_price(
    buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    purchase = buy("A-1", "B-1")
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    sell(event, "B-1")

    pay_late(purchase, stripe, deliver)

    assert [label[0] for label in purchase.tickets] == ["A", "B"]
    assert sum(purchase.booking.booked_seats.current().values_list("price", flat=True)) == 7400


def test_a_seat_whose_price_has_changed_is_not_equal(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-1")
    event.seats.free().update(price=9900)

    pay_late(released, stripe, deliver)

    assert released.payment.problem == Problem.PAID_AFTER_RELEASE


def test_money_for_seats_that_are_gone_goes_back_once(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, *(f"A-{number}" for number in range(1, 11)))

    pay_late(released, stripe, deliver)
    deliver({**stripe.event("completed", released.session_id), "id": "evt_another"})
    verify(released.session_id)
    work()
    work()

    (refund,) = stripe.objects("refund")
    assert (refund["amount"], refund["status"]) == (8400, "succeeded")
    known = Refund.objects.get()
    assert (known.origin, known.status) == (Origin.SETTLEMENT, RefundStatus.SUCCEEDED)
    assert released.payment.status == PaymentStatus.REFUNDED
    assert [notification.kind for notification in Notification.objects.all()] == [NotificationKind.MONEY_BACK]


def test_money_after_the_event_goes_back(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    past = timezone.now() - timedelta(hours=3)
    Event.objects.update(starts_at=past, ends_at=past + timedelta(hours=2), sales_until=past)

    pay_late(released, stripe, deliver)

    assert released.payment.problem == Problem.PAID_AFTER_EVENT
    assert Seat.objects.free().count() == 20


def test_a_debit_that_arrives_after_the_event_goes_back(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="succeeded")
    deliver("completed", purchase)
    past = timezone.now() - timedelta(hours=3)
    Event.objects.update(starts_at=past, ends_at=past + timedelta(hours=2), sales_until=past)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})

    deliver("async_payment_succeeded", purchase)

    assert purchase.payment.problem == Problem.PAID_AFTER_EVENT
    assert Seat.objects.free().count() == 20


def test_who_cancelled_after_the_release_was_told_so_and_gets_no_seats(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    seen = purchase.payment  # The page read it before Stripe's event came.
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    cancel(seen)

    pay_late(purchase, stripe, deliver)

    assert purchase.payment.problem == Problem.PAID_AFTER_CANCELLATION


def test_money_for_a_cancelled_booking_goes_back(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})
    assert purchase.booking.status == BookingStatus.CANCELLED

    pay_late(purchase, stripe, deliver)
    work("send_refund")

    assert purchase.payment.problem == Problem.PAID_AFTER_CANCELLATION
    assert purchase.payment.status == PaymentStatus.REFUNDED
    assert purchase.tickets == []
    assert Seat.objects.free().count() == 20


def test_a_cancelling_customer_is_remembered_whoever_frees_the_seats(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    stripe.fault("POST /v1/checkout/sessions/*/expire", "500_before", times=9)
    client.get("/payments/cancelled/", {"session_id": purchase.session_id})
    assert purchase.booking.status == BookingStatus.HELD
    stripe.clear_faults()
    stripe.expire(purchase.session_id)

    deliver("expired", purchase)

    assert purchase.booking.status == BookingStatus.CANCELLED


def test_a_second_payment_for_one_booking_goes_back(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    second = pay_again(released)
    stripe.pay(second.session_id)
    deliver("completed", second)

    pay_late(released, stripe, deliver)
    work("send_refund")

    assert second.payment.status == PaymentStatus.SUCCEEDED
    assert second.tickets == ["A-1", "A-2"]
    assert (released.payment.problem, released.payment.status) == (Problem.PAID_TWICE, "refunded")
    assert [refund["payment_intent"] for refund in stripe.objects("refund")] == [
        released.payment.payment_intent_id
    ]


def test_a_first_payment_that_comes_late_closes_the_second_session(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    second = pay_again(released)

    pay_late(released, stripe, deliver)
    work("close_session")

    assert released.payment.status == PaymentStatus.SUCCEEDED
    assert stripe.session(second.session_id)["status"] == "expired"
    assert second.payment.status == PaymentStatus.EXPIRED
    assert released.tickets == ["A-1", "A-2"]


def test_a_refund_of_the_second_payment_leaves_the_first_ones_tickets(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    second = pay_again(released)
    stripe.pay(second.session_id)
    deliver("completed", second)
    pay_late(released, stripe, deliver)

    stripe.refund(released.session_id)
    verify(released.session_id)

    assert set(second.booking.tickets.values_list("status", flat=True)) == {"valid"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount_total": 1}, Problem.AMOUNT_MISMATCH),
        ({"currency": "usd"}, Problem.CURRENCY_MISMATCH),
        ({"client_reference_id": "ANOTHER"}, Problem.REFERENCE_MISMATCH),
    ],
    ids=str,
)
def test_money_that_does_not_match_is_owed_back_as_it_came(
    change: dict, problem: Problem, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"].update(change)

    deliver(event)

    session = event["data"]["object"]
    refund = Refund.objects.get()
    assert (refund.amount, refund.currency) == (session["amount_total"], session["currency"])
    assert (refund.origin, refund.status) == (Origin.SETTLEMENT, RefundStatus.DUE)
    assert Notification.objects.get().kind == NotificationKind.MONEY_BACK


def test_late_money_with_a_mismatch_takes_no_seats(
    released: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(released.session_id, late=True)
    event = stripe.event("completed", released.session_id)
    event["data"]["object"]["amount_total"] = 1

    deliver(event)

    assert released.payment.problem == Problem.AMOUNT_MISMATCH
    assert Seat.objects.free().count() == 20
