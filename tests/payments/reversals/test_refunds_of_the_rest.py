"""Money that is owed, and of which a part has gone in another way: the rest is sent, once."""

from typing import Any

import pytest
from django.test import Client

from payments.fsck import inspect
from payments.gateway.client import stripe_client
from payments.gateway.errors import StripeUnavailable
from payments.ledger.refund_sending import send
from payments.ledger.verification import ask
from payments.models import Action, Cause, Origin, Payment, PaymentStatus, Refund, RefundStatus
from payments.staff.actions import possible
from payments.staff.alerts import alerts_of
from tests.payments.staff.actions.test_actions import do
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event
from tests.support.staff import make_user
from tests.support.threads import at_once
from tests.support.turns import refund, tell
from tests.support.worker import work


def sent(stripe: Sandbox) -> list[int]:
    return [one["amount"] for one in stripe.objects("refund") if one["status"] == "succeeded"]


def status(purchase: Purchase) -> Any:
    return Client().get("/api/payment-status", {"session_id": purchase.session_id}).json()


@pytest.fixture
def owed(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """A purchase whose 84.00 bought nothing, and are about to be sent back."""
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"]["client_reference_id"] = "another"
    deliver(event)
    assert purchase.payment.status == PaymentStatus.REFUND_DUE
    return purchase


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "its event is to come"])
def test_the_rest_is_sent_and_the_page_says_that_all_is_back(
    owed: Purchase, stripe: Sandbox, deliver: Deliver, is_told: bool
) -> None:
    stripe.refund_by_staff(owed.session_id, 4000)
    if is_told:
        tell(stripe, deliver)

    work("send_refund")
    work("send_refund")

    assert sent(stripe) == [4000, 4400]
    ours = Refund.objects.get(origin=Origin.SETTLEMENT)
    assert (ours.amount, ours.asked_amount, ours.status) == (4400, 8400, RefundStatus.SUCCEEDED)
    assert status(owed)["status"] == "refunded"
    assert status(owed)["message"].endswith("All of it, €84.00, was refunded.")
    assert {alert.name for alert in alerts_of(owed.payment)} == {"mismatch"}
    assert inspect() == []


def test_meanwhile_the_page_says_what_was_sent_and_what_is_on_its_way(
    owed: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.refund_by_staff(owed.session_id, 4000)
    tell(stripe, deliver)

    assert status(owed)["message"].endswith(
        "€40.00 of your €84.00 was refunded. €44.00 is on its way back to you."
    )
    page = Client().get(owed.booking.get_absolute_url()).content.decode()
    assert "€44.00" in page
    assert "€84.00</strong>" not in page
    assert "refund_unassigned" not in {alert.name for alert in alerts_of(owed.payment)}


def test_if_the_rest_is_refused_the_page_says_what_was_sent_and_what_was_not(
    owed: Purchase, stripe: Sandbox
) -> None:
    stripe.refund_by_staff(owed.session_id, 4000)
    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")
    ask(owed.payment, cause=Cause.STAFF)

    assert status(owed)["message"].endswith(
        "€40.00 of your €84.00 was refunded. Your refund of €44.00 hasn’t worked yet. The box office is "
        "taking care of it, and you don’t need to do anything."
    )
    stripe.post("/balance", {"short": False})
    do(Action.RETRY_REFUND, make_user("Finance"), owed, refund=Refund.objects.get(status="refused"))
    work("send_refund")

    assert sent(stripe) == [4000, 4400]
    assert owed.payment.status == PaymentStatus.REFUNDED


def test_two_parts_by_hand_between_the_tries_leave_the_rest_of_both(owed: Purchase, stripe: Sandbox) -> None:
    """The second one comes after Stripe was asked about the first, before the rest is sent."""
    stripe.refund_by_staff(owed.session_id, 4000)
    ask(owed.payment, cause=Cause.STAFF)
    stripe.refund_by_staff(owed.session_id, 1000)

    work("send_refund")

    assert sent(stripe) == [4000, 1000, 3400]


def test_what_is_all_back_is_not_offered_again(owed: Purchase, stripe: Sandbox) -> None:
    stripe.refund_by_staff(owed.session_id)

    work("send_refund")
    ask(owed.payment, cause=Cause.STAFF)

    assert sent(stripe) == [8400]
    assert {Action.REFUND, Action.RETRY_REFUND, Action.WAIVE_REFUND} & set(possible(owed.payment)) == set()
    assert status(owed)["status"] == "refunded"


@pytest.mark.parametrize("fault", ["500_after", "500_before"])
def test_a_process_that_dies_while_it_sends_the_rest_sends_it_once(
    owed: Purchase, stripe: Sandbox, settings: Any, fault: str
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.refund_by_staff(owed.session_id, 4000)
    stripe.fault("POST /v1/refunds", fault, nth=2)  # The first try is refused because of its amount.
    with pytest.raises(StripeUnavailable):
        work("send_refund")
    assert Refund.objects.get(origin=Origin.SETTLEMENT).amount == 4400

    stripe.post("/clock", {"seconds": 25 * 3600})  # Stripe has forgotten the keys.
    work("send_refund")

    assert sent(stripe) == [4000, 4400]
    assert owed.payment.status == PaymentStatus.REFUNDED


def test_if_stripe_cannot_say_what_went_back_the_refund_stays_due(
    owed: Purchase, stripe: Sandbox, settings: Any
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.refund_by_staff(owed.session_id, 4000)
    stripe.fault("GET /v1/refunds", "500_before")
    with pytest.raises(StripeUnavailable):
        work("send_refund")
    assert Refund.objects.get().status == RefundStatus.DUE

    work("send_refund")

    assert sent(stripe) == [4000, 4400]


@pytest.mark.django_db(transaction=True)
def test_two_who_find_it_out_at_once_send_the_rest_once(
    stripe: Sandbox, client: Client, deliver: Deliver
) -> None:
    make_event()
    wish = {"event": "demo-night", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
    session_id = client.post("/api/checkout", wish, content_type="application/json").json()["session_id"]
    purchase = Purchase(session_id, {})
    stripe.pay(session_id)
    deliver("completed", purchase)
    asked = refund(purchase)
    stripe.refund_by_staff(session_id, 4000)

    at_once(lambda _number: send(asked.pk), 4)

    assert sent(stripe) == [4000, 4400]
    assert Payment.objects.get().status == PaymentStatus.REFUNDED


def test_a_ticket_whose_refund_was_reduced_is_void_all_the_same(paid: Purchase, stripe: Sandbox) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    stripe.refund_by_staff(paid.session_id, 6000)

    work("send_refund")

    assert sent(stripe) == [6000, 2400]
    assert paid.payment.status == PaymentStatus.REFUNDED


def test_a_failed_refund_is_made_again_with_what_is_left(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    refund(purchase)
    work("send_refund")
    failed = Refund.objects.get()
    stripe.settle_refund(str(failed.refund_id), "failed")
    stripe.refund_by_staff(purchase.session_id, 5000)
    ask(purchase.payment, cause=Cause.STAFF)

    do(Action.RETRY_REFUND, make_user("Finance"), purchase, refund=failed)
    work("send_refund")

    assert sent(stripe) == [5000, 3400]
    assert Refund.objects.get(replaces=failed).asked_amount == 8400
    assert purchase.payment.status == PaymentStatus.REFUNDED
    assert inspect() == []
