from typing import Any

import pytest
from django.test import Client

from bookings.models import Booking, BookingStatus, Seat, StopReason, TicketStatus
from payments.gateway.checkout.sessions import fetch_session
from payments.gateway.client import stripe_client
from payments.gateway.errors import StripeUnavailable
from payments.ledger.refunds import NotRefundable, refundable_amount
from payments.models import (
    Cause,
    Installation,
    Notification,
    NotificationKind,
    Origin,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StripeState,
)
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once
from tests.support.turns import refund
from tests.support.worker import work

PENDING_CARD, FAILING_CARD = "4000000000007726", "4000000000005126"


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


@pytest.fixture
def pay(buy: Buy, stripe: Sandbox, deliver: Deliver) -> Any:
    """Return a function that buys and pays two seats with a card."""

    def pay(card: str) -> Purchase:
        purchase = buy()
        stripe.pay(purchase.session_id, card=card)
        deliver("completed", purchase)
        return purchase

    return pay


def tickets(purchase: Purchase) -> list[tuple[str, str, str]]:
    found = purchase.booking.tickets.order_by("pk")
    return list(found.values_list("seat__label", "status", "stopped_for"))


def tell_refunds(stripe: Sandbox, deliver: Deliver) -> list[Any]:
    """Deliver every event about refunds that there is; return the outcomes."""
    events = [e for e in stripe.events() if e["type"].startswith(("refund.", "charge.refund"))]
    return [deliver(event).json()["outcome"] for event in events]


# Asking and sending


def test_a_whole_refund_voids_the_tickets_and_frees_the_seats(paid: Purchase, stripe: Sandbox) -> None:
    refund(paid)
    assert paid.payment.status == PaymentStatus.REFUND_DUE
    assert {status for _label, status, _why in tickets(paid)} == {TicketStatus.SUSPENDED}
    assert Seat.objects.free().count() == 18

    work("send_refund")

    (at_stripe,) = stripe.objects("refund")
    assert (at_stripe["amount"], at_stripe["status"]) == (8400, "succeeded")
    assert paid.payment.status == PaymentStatus.REFUNDED
    assert paid.payment.stripe_state == StripeState.REFUNDED
    assert tickets(paid) == [("A-1", "void", "refunded"), ("A-2", "void", "refunded")]
    assert paid.booking.status == BookingStatus.CANCELLED
    assert Seat.objects.free().count() == 20


def test_one_ticket_is_refunded_for_what_it_cost_and_the_other_stays(
    paid: Purchase, stripe: Sandbox, buy: Buy
) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    work("send_refund")

    assert stripe.objects("refund")[0]["amount"] == 4200
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert tickets(paid) == [("A-1", "valid", ""), ("A-2", "void", "refunded")]
    assert paid.booking.status == BookingStatus.CONFIRMED
    assert buy("A-2").answer["session_id"]


def test_a_part_of_the_money_costs_no_ticket(paid: Purchase, stripe: Sandbox) -> None:
    refund(paid, amount=500)
    work("send_refund")

    assert stripe.objects("refund")[0]["amount"] == 500
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert paid.tickets == ["A-1", "A-2"]
    assert {status for _label, status, _why in tickets(paid)} == {TicketStatus.VALID}


def test_refunds_of_every_ticket_are_a_whole_refund(paid: Purchase, stripe: Sandbox) -> None:
    for ticket in paid.booking.tickets.all():
        refund(paid, tickets=[ticket])
    work("send_refund")

    assert [one["amount"] for one in stripe.objects("refund")] == [4200, 4200]
    assert paid.payment.status == PaymentStatus.REFUNDED
    assert paid.booking.status == BookingStatus.CANCELLED


@pytest.mark.parametrize(
    "what",
    [{"amount": 8401}, {"amount": 0}, {"amount": -5}],
    ids=str,
)
def test_more_than_was_paid_or_nothing_cannot_be_refunded(paid: Purchase, what: dict[str, int]) -> None:
    with pytest.raises(NotRefundable):
        refund(paid, **what)

    assert not Refund.objects.exists()


def test_what_was_refunded_cannot_be_again(paid: Purchase) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))

    with pytest.raises(NotRefundable):
        refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    with pytest.raises(NotRefundable):
        refund(paid, amount=4201)
    refund(paid)

    assert refundable_amount(paid.payment) == 0
    with pytest.raises(NotRefundable):
        refund(paid)


def test_a_strangers_ticket_cannot_be_refunded(
    paid: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    other = buy("A-5")
    stripe.pay(other.session_id)
    deliver("completed", other)

    with pytest.raises(NotRefundable):
        refund(paid, tickets=other.booking.tickets.all())


def test_money_that_never_came_cannot_go_back(purchase: Purchase) -> None:
    with pytest.raises(NotRefundable):
        refund(purchase)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_refund_at_once_refund_once(stripe: Sandbox, client: Client, deliver: Deliver) -> None:
    make_event()
    wish = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}
    session_id = client.post("/api/checkout", wish, content_type="application/json").json()["session_id"]
    purchase = Purchase(session_id, {})
    stripe.pay(session_id)
    deliver("completed", purchase)

    def ask(_number: int) -> bool:
        try:
            refund(purchase)
        except NotRefundable:
            return False
        return True

    assert sorted(at_once(ask, 4)) == [False, False, False, True]
    assert Refund.objects.count() == 1


# The outbox


def test_a_refund_whose_reply_was_lost_is_made_once(paid: Purchase, stripe: Sandbox, settings: Any) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    refund(paid)
    stripe.fault("POST /v1/refunds", "500_after")
    with pytest.raises(StripeUnavailable):
        work("send_refund")
    assert Refund.objects.get().status == RefundStatus.DUE

    assert work("send_refund") == ["send_refund"]

    assert len(stripe.objects("refund")) == 1
    assert Refund.objects.get().status == RefundStatus.SUCCEEDED


def test_a_lost_refund_is_found_after_stripe_has_forgotten_the_key(
    paid: Purchase, stripe: Sandbox, settings: Any
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    refund(paid, amount=100)
    stripe.fault("POST /v1/refunds", "500_after")
    with pytest.raises(StripeUnavailable):
        work("send_refund")
    stripe.post("/clock", {"seconds": 25 * 3600})

    work("send_refund")

    assert [one["amount"] for one in stripe.objects("refund")] == [100]
    assert Refund.objects.get().refund_id == stripe.objects("refund")[0]["id"]


def test_an_event_may_tell_of_a_refund_before_its_reply_is_saved(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, settings: Any
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    refund(paid)
    stripe.fault("POST /v1/refunds", "500_after")
    with pytest.raises(StripeUnavailable):
        work("send_refund")

    assert tell_refunds(stripe, deliver) == ["applied", "applied"]
    assert paid.payment.status == PaymentStatus.REFUNDED
    work("send_refund")

    assert Refund.objects.count() == len(stripe.objects("refund")) == 1


def test_a_refund_asks_stripe_outside_of_any_transaction(paid: Purchase, stripe: Sandbox) -> None:
    refund(paid)

    assert stripe.requests("POST /v1/refunds") == []


# What Stripe makes of it


def test_a_refund_on_its_way_has_voided_the_tickets_already(
    pay: Any, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay(PENDING_CARD)
    refund(purchase)
    work("send_refund")

    assert Refund.objects.get().status == RefundStatus.PENDING
    assert purchase.payment.status == PaymentStatus.REFUND_DUE
    assert Seat.objects.free().count() == 20

    stripe.settle_refund(str(Refund.objects.get().refund_id), "succeeded")
    tell_refunds(stripe, deliver)

    assert purchase.payment.status == PaymentStatus.REFUNDED


def test_a_refund_that_fails_later_is_owed_again_and_staff_make_a_new_one(
    pay: Any, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay(FAILING_CARD)
    refund(purchase)
    work("send_refund")
    assert purchase.payment.status == PaymentStatus.REFUNDED
    failed = Refund.objects.get()
    stripe.settle_refund(str(failed.refund_id), "failed", failure_reason="expired_or_canceled_card")

    tell_refunds(stripe, deliver)

    failed.refresh_from_db()
    assert (failed.status, failed.error_code) == (RefundStatus.FAILED, "expired_or_canceled_card")
    assert purchase.payment.status == PaymentStatus.REFUND_DUE
    assert {status for _label, status, _why in tickets(purchase)} == {TicketStatus.VOID}
    assert Notification.objects.filter(kind=NotificationKind.REFUND_FAILED, refund=failed).exists()

    again = refund(purchase, replaces=failed)
    with pytest.raises(NotRefundable):
        refund(purchase, replaces=failed)
    work("send_refund")

    again.refresh_from_db()
    assert (again.status, again.amount) == (RefundStatus.SUCCEEDED, 8400)
    assert purchase.payment.status == PaymentStatus.REFUNDED


@pytest.mark.parametrize("status", ["canceled", "requires_action"])
def test_every_state_of_a_refund_at_stripe_is_mirrored(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, status: str
) -> None:
    refund(paid)
    work("send_refund")

    stripe.settle_refund(str(Refund.objects.get().refund_id), status)
    tell_refunds(stripe, deliver)

    assert Refund.objects.get().status == status
    assert paid.payment.status == PaymentStatus.REFUND_DUE


def test_a_refusal_is_a_state_and_gives_the_tickets_back(paid: Purchase, stripe: Sandbox) -> None:
    stripe.post("/balance", {"short": "refuse"})
    refund(paid)
    assert {status for _label, status, _why in tickets(paid)} == {TicketStatus.SUSPENDED}

    assert work("send_refund") == ["send_refund"]

    refused = Refund.objects.get()
    assert (refused.status, refused.error_code) == (RefundStatus.REFUSED, "balance_insufficient")
    assert refused.error_message
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert {status for _label, status, _why in tickets(paid)} == {TicketStatus.VALID}

    stripe.post("/balance", {"short": False})
    refund(paid, replaces=refused)
    work("send_refund")
    assert paid.payment.status == PaymentStatus.REFUNDED


def test_a_refund_of_a_disputed_charge_is_refused_and_staff_see_why(paid: Purchase, stripe: Sandbox) -> None:
    stripe.dispute(paid.session_id)
    refund(paid)

    work("send_refund")

    assert (Refund.objects.get().status, Refund.objects.get().error_code) == ("refused", "charge_disputed")


def test_a_refund_of_what_the_dashboard_has_refunded_is_refused_and_that_one_found(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund(paid)
    stripe.refund(paid.session_id)

    work("send_refund")
    tell_refunds(stripe, deliver)

    states = Refund.objects.values_list("origin", "status", "error_code")
    assert set(states) == {("staff", "refused", "charge_already_refunded"), ("stripe", "succeeded", "")}
    assert paid.payment.status == PaymentStatus.REFUNDED


# Refunds made in Stripe's dashboard


def test_a_whole_refund_in_the_dashboard_comes_back_by_event(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    made = stripe.refund(paid.session_id)

    assert tell_refunds(stripe, deliver) == ["applied", "applied"]

    known = Refund.objects.get()
    assert (known.refund_id, known.origin, known.amount) == (made["id"], Origin.STRIPE, 8400)
    assert paid.payment.status == PaymentStatus.REFUNDED
    assert tickets(paid) == [("A-1", "void", "refunded"), ("A-2", "void", "refunded")]


def test_a_part_refunded_in_the_dashboard_is_never_matched_by_its_amount(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.refund(paid.session_id, 4200)  # Just what one of the seats costs.

    tell_refunds(stripe, deliver)

    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert {status for _label, status, _why in tickets(paid)} == {TicketStatus.VALID}
    assert Refund.objects.unassigned().count() == 1


def test_parts_refunded_in_the_dashboard_that_make_the_whole_void_the_tickets(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    for amount in (4200, 4200):
        stripe.refund(paid.session_id, amount)

    tell_refunds(stripe, deliver)

    assert paid.payment.status == PaymentStatus.REFUNDED
    assert Seat.objects.free().count() == 20
    assert Refund.objects.unassigned().count() == 0


def test_events_of_refunds_may_come_in_any_order_and_twice(
    pay: Any, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = pay(FAILING_CARD)
    made = stripe.refund(purchase.session_id)
    stripe.settle_refund(made["id"], "failed")
    events = [e for e in stripe.events() if e["type"].startswith(("refund.", "charge.refund"))]

    for event in [*reversed(events), *events]:
        assert deliver(event).status_code == 200

    assert Refund.objects.get().status == RefundStatus.FAILED
    assert purchase.payment.status == PaymentStatus.REFUND_DUE


def test_an_answer_that_was_overtaken_changes_nothing(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    from payments.ledger.refund_sync import sync_refunds

    made = stripe.refund(paid.session_id)
    before = fetch_session(paid.session_id).refunds
    stripe.settle_refund(made["id"], "failed")
    after = fetch_session(paid.session_id).refunds

    sync_refunds(paid.payment, after, cause=Cause.WEBHOOK)
    sync_refunds(paid.payment, before, cause=Cause.WEBHOOK)

    assert Refund.objects.get().status == RefundStatus.FAILED


def test_a_refund_told_before_the_payment_is_known_brings_both(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    stripe.refund(purchase.session_id)

    tell_refunds(stripe, deliver)

    steps = purchase.payment.transitions.values_list("to_status", flat=True)
    assert list(steps) == ["succeeded", "refunded"]
    assert deliver("completed", purchase).json()["outcome"] == "applied"
    assert purchase.payment.status == PaymentStatus.REFUNDED


def test_a_refund_of_another_shop_is_somebody_elses(
    stripe: Sandbox, deliver: Deliver, paid: Purchase
) -> None:
    stripe.refund(paid.session_id)
    event = next(e for e in stripe.events() if e["type"] == "refund.created")
    Payment.objects.filter(pk=paid.payment.pk).update(payment_intent_id=None, reference="A" * 26)
    Installation.objects.update(shop="B" * 26)

    assert deliver(event).json()["outcome"] == "ignored"
    assert not Refund.objects.exists()


def test_an_unknown_refund_while_stripe_is_away_is_tried_again(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, settings: Any
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.refund(paid.session_id)
    event = next(e for e in stripe.events() if e["type"] == "refund.created")
    stripe.fault("GET /v1/checkout/sessions/*", "500_before")

    assert deliver(event).status_code == 500
    assert deliver(event).json()["outcome"] == "applied"
    assert paid.payment.status == PaymentStatus.REFUNDED


def test_a_ticket_stopped_when_its_refund_was_asked_for_and_not_when_stripe_answered(paid: Purchase) -> None:
    refund(paid)
    asked = set(paid.booking.tickets.values_list("code", "stopped_at"))
    work("send_refund")

    assert set(paid.booking.tickets.values_list("status", flat=True)) == {"void"}
    assert set(paid.booking.tickets.values_list("code", "stopped_at")) == asked


# What the customer is told


def test_a_refund_is_told_once_however_often_it_is_heard_of(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    work("send_refund")
    tell_refunds(stripe, deliver)

    assert [notification.kind for notification in Notification.objects.all()] == [NotificationKind.REFUNDED]
    assert work("mail_notification") == ["mail_notification"]


def test_a_booking_that_ends_says_when(paid: Purchase) -> None:
    refund(paid)
    work("send_refund")

    assert Booking.objects.get().released_at is not None
    assert paid.booking.tickets.filter(stopped_for=StopReason.REFUNDED, stopped_at=None).count() == 0
