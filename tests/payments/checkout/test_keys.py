"""Stripe keeps the first answer to an idempotency key for a day, even a failure of its own."""

from typing import Any

import pytest
from django.test import Client

from bookings.models import Event
from payments import tasks
from payments.ledger.refund_sending import send
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin, Payment, PaymentStatus, Plan, RefundStatus, Subscription
from tests.support.members import Member, make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase

WISH = {"event": "demo-night", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
SESSIONS = "POST /v1/checkout/sessions"
STORED = ["500_stored", "500_stored_after"]


def buy(client: Client) -> Any:
    return client.post("/api/checkout", WISH, content_type="application/json")


def keys(stripe: Sandbox, path: str) -> list[str]:
    """Return the keys that were used for a path, each once."""
    return list(dict.fromkeys(entry["headers"]["idempotency-key"] for entry in stripe.requests(path)))


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    return make_plan(stripe)


@pytest.fixture
def ada(plan: Plan, stripe: Sandbox) -> Member:
    return make_member(stripe)


@pytest.mark.parametrize("do", STORED)
def test_a_purchase_goes_on_under_the_next_key(
    event: Event, stripe: Sandbox, client: Client, do: str
) -> None:
    stripe.fault(SESSIONS, do)

    answer = buy(client)

    payment = Payment.objects.get()
    assert (answer.status_code, answer.json()["session_id"]) == (201, payment.session_id)
    assert keys(stripe, SESSIONS) == [f"checkout-{payment.reference}", f"checkout-{payment.reference}-1"]


def test_the_session_that_was_lost_with_its_key_ends_without_a_word(
    event: Event, stripe: Sandbox, client: Client, deliver: Deliver
) -> None:
    stripe.fault(SESSIONS, "500_stored_after")
    session_id = buy(client).json()["session_id"]
    (lost,) = {session["id"] for session in stripe.sessions()} - {session_id}
    stripe.expire(lost)

    answer = deliver(stripe.event("expired", lost))

    assert answer.json()["outcome"] == "applied"
    assert (Payment.objects.get().status, Payment.objects.get().session_id) == ("pending", session_id)


def test_a_stripe_that_only_fails_is_away(event: Event, stripe: Sandbox, client: Client) -> None:
    stripe.fault(SESSIONS, "500_stored", times=None)

    answer = buy(client)
    stripe.clear_faults()

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert Payment.objects.get().status == PaymentStatus.FAILED
    assert buy(client).status_code == 201


@pytest.mark.parametrize("do", STORED)
def test_a_membership_goes_on_under_the_next_key(ada: Member, plan: Plan, stripe: Sandbox, do: str) -> None:
    stripe.fault(SESSIONS, do)

    answer = ada.ask_for(plan)

    assert (answer.status_code, answer.json()["session_id"]) == (201, ada.row.session_id)
    assert Subscription.objects.count() == 1


def test_a_membership_that_failed_twice_is_opened_by_the_next_try(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    stripe.fault(SESSIONS, "500_stored", times=2)

    assert [ada.ask_for(plan).status_code for _try in range(2)] == [503, 201]
    assert Subscription.objects.count() == 1


def test_a_membership_under_a_spent_key_can_be_let_go_for_another(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    stripe.fault(SESSIONS, "500_stored", times=2)
    ada.ask_for(plan)

    assert ada.ask_for(make_plan(stripe, "patron", amount=2500)).status_code == 201


@pytest.mark.parametrize("do", STORED)
def test_a_refund_goes_on_under_the_next_key_and_is_made_once(
    paid: Purchase, stripe: Sandbox, do: str
) -> None:
    refund = request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    stripe.fault("POST /v1/refunds", do)

    send(refund.pk)

    refund.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED
    assert [one["amount"] for one in stripe.objects("refund")] == [8400]


# The parameters under a key don't change


def test_a_title_that_is_edited_between_two_tries_changes_no_parameter(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    stripe.fault(SESSIONS, "reset_after", times=3)
    buy(client)
    event.title = "Another Night"
    event.save()

    tasks.withdraw_session(payment_id=Payment.objects.get().pk)

    assert [session["status"] for session in stripe.sessions()] == ["expired"]


def test_a_release_that_asks_for_more_leaves_no_session_open(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    """The session was opened by the release before, which kept no parameters."""
    stripe.fault(SESSIONS, "reset_after", times=3)
    buy(client)
    payment = Payment.objects.get()
    Payment.objects.update(session_params={**(payment.session_params or {}), "submit_type": "donate"})

    tasks.withdraw_session(payment_id=payment.pk)

    assert [session["status"] for session in stripe.sessions()] == ["expired"]


def test_a_repeat_with_other_parameters_opens_a_session_all_the_same(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    headers = {"Idempotency-Key": "k1"}
    client.post("/api/checkout", WISH, content_type="application/json", headers=headers)
    changed = {**(Payment.objects.get().session_params or {}), "submit_type": "donate"}
    Payment.objects.update(session_id=None, checkout_url="", session_params=changed)

    answer = client.post("/api/checkout", WISH, content_type="application/json", headers=headers)

    assert answer.status_code == 201
    assert Payment.objects.get().session_id == answer.json()["session_id"]
