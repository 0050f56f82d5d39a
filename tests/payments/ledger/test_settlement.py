import itertools

import pytest
from django.test import Client

from bookings.models import BookingStatus, Seat
from payments.models import Outcome, PaymentStatus, Problem, StripeEvent
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def test_a_paid_session_becomes_one_ticket_a_seat(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)

    response = deliver("completed", purchase)

    assert response.json() == {"received": True, "outcome": "applied"}
    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.booking.status == BookingStatus.CONFIRMED
    assert purchase.tickets == ["A-1", "A-2"]


def test_a_redelivered_event_issues_no_second_set_of_tickets(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    response = deliver("completed", purchase)

    assert response.json() == {"received": True, "outcome": "duplicate"}
    assert purchase.tickets == ["A-1", "A-2"]
    assert StripeEvent.objects.get(type="checkout.session.completed").deliveries == 2


def test_two_different_events_for_one_change_issue_one_set_of_tickets(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    deliver(event)

    response = deliver({**event, "id": "evt_1another"})

    assert response.status_code == 200
    assert purchase.tickets == ["A-1", "A-2"]


def in_every_order(types: list[str]) -> list[tuple[str, ...]]:
    """Return every order in which the events can arrive when each is delivered twice."""
    return sorted(set(itertools.permutations(types * 2)))


DEBIT_OK = ["completed", "async_payment_succeeded"]
DEBIT_BAD = ["completed", "async_payment_failed"]


@pytest.mark.parametrize("order", in_every_order(DEBIT_OK), ids="-".join)
def test_a_delayed_debit_ends_paid_in_whatever_order_its_events_come(
    order: list[str], purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="succeeded")
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})

    for kind in order:
        assert deliver(kind, purchase).status_code == 200

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.tickets == ["A-1", "A-2"]


@pytest.mark.parametrize("order", in_every_order(DEBIT_BAD), ids="-".join)
def test_a_failed_debit_frees_the_seats_in_whatever_order_its_events_come(
    order: list[str], purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="failed")
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})

    for kind in order:
        assert deliver(kind, purchase).status_code == 200

    assert purchase.payment.status == PaymentStatus.FAILED
    assert purchase.booking.status == BookingStatus.RELEASED
    assert Seat.objects.free().count() == 20


def test_a_debit_that_the_bank_works_on_holds_the_seats(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")

    deliver("completed", purchase)

    assert purchase.payment.status == PaymentStatus.PROCESSING
    assert purchase.tickets == []
    assert Seat.objects.free().count() == 18


def test_an_expired_session_frees_the_seats(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.expire(purchase.session_id)

    deliver("expired", purchase)

    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert Seat.objects.free().count() == 20


def test_an_event_that_comes_after_the_money_changes_nothing(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    paid = stripe.event("completed", purchase.session_id)
    deliver(paid)
    failed = {**paid, "id": "evt_1late", "type": "checkout.session.async_payment_failed"}
    failed["data"] = {"object": {**paid["data"]["object"], "payment_status": "unpaid"}}

    assert deliver(failed).status_code == 200

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.tickets == ["A-1", "A-2"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount_total": 8399}, Problem.AMOUNT_MISMATCH),
        ({"amount_total": 8401}, Problem.AMOUNT_MISMATCH),
        ({"currency": "usd"}, Problem.CURRENCY_MISMATCH),
        ({"client_reference_id": "ANOTHER"}, Problem.REFERENCE_MISMATCH),
        ({"client_reference_id": None}, Problem.REFERENCE_MISMATCH),
        ({"metadata": {"payment": "ANOTHER"}}, Problem.REFERENCE_MISMATCH),
        ({"metadata": {}}, Problem.REFERENCE_MISMATCH),
    ],
    ids=str,
)
def test_money_that_does_not_match_is_a_named_problem_and_never_a_ticket(
    change: dict, problem: Problem, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"].update(change)

    response = deliver(event)

    assert response.json()["outcome"] == "applied"
    assert (purchase.payment.status, purchase.payment.problem) == (PaymentStatus.REFUND_DUE, problem)
    assert purchase.tickets == []
    assert Seat.objects.free().count() == 20


def test_a_failure_halfway_leaves_evidence_and_nothing_else(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)  # A rule was broken: confirming must not go on.

    response = deliver("completed", purchase)

    assert response.status_code == 500
    assert response.json()["error"]["code"] == "not_applied"
    record = StripeEvent.objects.get(type="checkout.session.completed")
    assert record.outcome == Outcome.FAILED
    assert "SeatsLost" in record.traceback
    assert purchase.payment.status == PaymentStatus.PENDING
    assert purchase.tickets == []


def test_the_redelivery_after_a_failure_halfway_confirms_once(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    deliver("completed", purchase)
    Seat.objects.filter(label="A-2").update(booking=purchase.booking)

    response = deliver("completed", purchase)

    assert response.json()["outcome"] == "applied"
    assert purchase.tickets == ["A-1", "A-2"]
    record = StripeEvent.objects.get(type="checkout.session.completed")
    assert (record.outcome, record.traceback, record.deliveries) == (Outcome.APPLIED, "", 2)


def test_every_change_of_status_tells_its_cause(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="succeeded")
    deliver("completed", purchase)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})
    deliver("async_payment_succeeded", purchase)

    steps = purchase.payment.transitions.values_list("from_status", "to_status", "cause")
    assert list(steps) == [("pending", "processing", "webhook"), ("processing", "succeeded", "webhook")]


def test_an_event_can_bring_the_session_whose_id_was_never_saved(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    payment = purchase.payment
    payment.session_id = None
    payment.save(update_fields=["session_id"])
    stripe.pay(purchase.session_id)

    deliver("completed", purchase)

    assert purchase.payment.pk == payment.pk
    assert purchase.tickets == ["A-1", "A-2"]


def test_a_declined_card_leaves_the_payment_waiting(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy()
    stripe.decline(purchase.session_id)

    outcomes = {event["type"]: deliver(event).json()["outcome"] for event in stripe.events()}

    assert outcomes == {
        "payment_intent.created": "ignored",
        "charge.failed": "ignored",
        "payment_intent.payment_failed": "ignored",
    }
    assert purchase.payment.status == PaymentStatus.PENDING
