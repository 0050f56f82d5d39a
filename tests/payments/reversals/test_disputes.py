from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Seat
from payments.ledger.refunds import request_refund
from payments.ledger.verification import verify
from payments.models import (
    Cause,
    Dispute,
    FraudWarning,
    Notification,
    NotificationKind,
    Origin,
    PaymentStatus,
    Refund,
    StripeState,
)
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Deliver, Purchase, make_event
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


def tell(stripe: Sandbox, deliver: Deliver, *, backwards: bool = False) -> None:
    """Deliver every event about disputes and warnings that there is."""
    events = [e for e in stripe.events() if e["type"].startswith(("charge.dispute.", "radar."))]
    for event in reversed(events) if backwards else events:
        assert deliver(event).json()["outcome"] in ("applied", "duplicate")


def tickets(purchase: Purchase) -> set[tuple[str, str]]:
    return set(purchase.booking.tickets.values_list("status", "stopped_for"))


def notified() -> list[str]:
    return list(Notification.objects.values_list("kind", flat=True))


def test_a_dispute_suspends_the_tickets_and_keeps_the_seats(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, reason="fraudulent")

    tell(stripe, deliver)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 8400)
    assert paid.payment.status == PaymentStatus.DISPUTED
    assert paid.payment.stripe_state == StripeState.DISPUTED
    assert tickets(paid) == {("suspended", "disputed")}
    assert Seat.objects.free().count() == 18
    assert notified() == [NotificationKind.SUSPENDED]


def test_a_dispute_that_is_won_restores_the_same_tickets(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    before = list(paid.booking.tickets.values_list("code", flat=True))
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    stripe.close_dispute(dispute["id"], "won")
    tell(stripe, deliver)

    assert list(paid.booking.tickets.values_list("code", flat=True)) == before
    assert tickets(paid) == {("valid", "")}
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert notified() == [NotificationKind.SUSPENDED, NotificationKind.RESTORED]


def test_a_dispute_that_is_lost_voids_the_tickets_and_frees_the_seats(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    assert tickets(paid) == {("void", "charged_back")}
    assert paid.payment.status == PaymentStatus.DISPUTED
    assert paid.booking.status == BookingStatus.CANCELLED
    assert Seat.objects.free().count() == 20
    assert notified() == [NotificationKind.SUSPENDED, NotificationKind.VOIDED]


@pytest.mark.parametrize("end", ["won", "lost"])
def test_the_events_of_a_dispute_may_come_backwards(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, end: str
) -> None:
    dispute = stripe.dispute(paid.session_id)
    stripe.close_dispute(dispute["id"], end)

    tell(stripe, deliver, backwards=True)

    assert Dispute.objects.get().status == end
    assert tickets(paid) == {("valid", "") if end == "won" else ("void", "charged_back")}


def test_an_inquiry_is_only_flagged(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    inquiry = stripe.dispute(paid.session_id, inquiry=True)
    tell(stripe, deliver)

    assert Dispute.objects.get().status == "warning_needs_response"
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert tickets(paid) == {("valid", "")}

    stripe.close_dispute(inquiry["id"], "warning_closed")
    tell(stripe, deliver)
    assert Dispute.objects.get().status == "warning_closed"
    assert notified() == []


def test_an_inquiry_that_becomes_a_dispute_suspends(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    inquiry = stripe.dispute(paid.session_id, inquiry=True)
    tell(stripe, deliver)

    stripe.post(f"/disputes/{inquiry['id']}/move", {"status": "needs_response"})
    tell(stripe, deliver)

    assert tickets(paid) == {("suspended", "disputed")}


def test_an_appeal_of_a_lost_dispute_brings_no_void_ticket_back(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dispute = stripe.dispute(paid.session_id)
    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    stripe.post(f"/disputes/{dispute['id']}/move", {"status": "appeal_under_review"})
    tell(stripe, deliver)

    assert Dispute.objects.get().status == "appeal_under_review"
    assert tickets(paid) == {("void", "charged_back")}
    assert paid.payment.status == PaymentStatus.DISPUTED


def test_one_of_two_disputes_being_won_leaves_the_tickets_suspended(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    first = stripe.dispute(paid.session_id)
    Dispute.objects.create(
        payment=paid.payment,
        dispute_id="du_other",
        amount=8400,
        currency="eur",
        status="under_review",
        reason="general",
        checked_at=timezone.now(),
    )

    stripe.close_dispute(first["id"], "won")
    tell(stripe, deliver)

    assert tickets(paid) == {("suspended", "disputed")}


def test_every_card_that_disputes_is_followed(buy: Any, stripe: Sandbox, deliver: Deliver) -> None:
    for seat, card in (("A-1", "4000000000000259"), ("A-2", "4000000000002685")):
        purchase = buy(seat)
        stripe.pay(purchase.session_id, card=card)
        deliver("completed", purchase)
    stripe.post("/clock", {"seconds": 60})

    tell(stripe, deliver)

    reasons = Dispute.objects.values_list("payment__booking__booked_seats__seat__label", "reason")
    assert set(reasons) == {("A-1", "fraudulent"), ("A-2", "product_not_received")}


def test_a_dispute_told_before_the_payment_is_known_brings_both(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    stripe.dispute(purchase.session_id)

    tell(stripe, deliver)

    assert purchase.payment.status == PaymentStatus.DISPUTED
    assert tickets(purchase) == {("suspended", "disputed")}


def test_a_dispute_whose_events_were_lost_is_found_by_asking(paid: Purchase, stripe: Sandbox) -> None:
    stripe.dispute(paid.session_id)

    verify(paid.session_id)

    assert tickets(paid) == {("suspended", "disputed")}


def test_money_that_bought_nothing_and_is_disputed_is_not_refunded_twice(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"]["amount_total"] = 1
    deliver(event)
    stripe.dispute(purchase.session_id)

    tell(stripe, deliver)
    work("send_refund")

    assert Refund.objects.get().error_code == "charge_disputed"
    assert purchase.payment.status == PaymentStatus.DISPUTED
    assert stripe.objects("refund") == []


def test_a_ticket_refunded_before_the_dispute_stays_void_when_it_is_won(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    first = paid.booking.tickets.order_by("pk")[:1]
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=list(first))
    work("send_refund")
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    stripe.close_dispute(dispute["id"], "won")
    tell(stripe, deliver)

    assert tickets(paid) == {("void", "refunded"), ("valid", "")}
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED


def test_an_early_fraud_warning_is_flagged_and_changes_nothing(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post(f"/sessions/{paid.session_id}/warn")

    tell(stripe, deliver)

    warning = FraudWarning.objects.get()
    assert (warning.payment, warning.is_actionable) == (paid.payment, True)
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert tickets(paid) == {("valid", "")}


def test_the_page_says_that_the_tickets_are_on_hold(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    ticket = paid.booking.tickets.first()
    assert ticket is not None
    assert "On hold" in client.get(ticket.get_absolute_url()).content.decode()
