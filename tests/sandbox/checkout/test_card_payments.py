"""Paying by card: charges, declines and 3-D Secure, with their events."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.payments import PAID, paid_intent
from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import subscribe


def last_event(sandbox: Sandbox, event_type: str) -> Obj:
    found: Obj = [event for event in sandbox.events() if event["type"] == event_type][-1]["data"]["object"]
    return found


def test_a_good_card_pays_at_once(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.pay(session.id)
    paid = sandbox.session(session.id)
    intent = paid_intent(sandbox, session.id)
    charge = intent.latest_charge

    assert answer["outcome"] == "paid"
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received, intent.amount) == ("succeeded", 4200, 4200)
    assert (charge.status, charge.paid, charge.captured, charge.amount_captured) == (
        "succeeded",
        True,
        True,
        4200,
    )
    assert intent.metadata.to_dict() == {"payment": "p1"}
    assert paid.customer_details is not None
    assert (paid.customer_details.email, paid.customer_details.name) == ("ada@example.com", "Ada Lovelace")
    assert sandbox.event_types() == PAID


def test_events_tell_of_the_moment_they_were_written_in(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)

    assert last_event(sandbox, "payment_intent.created")["status"] == "requires_payment_method"
    assert last_event(sandbox, "payment_intent.succeeded")["status"] == "succeeded"
    completed = last_event(sandbox, "checkout.session.completed")
    assert completed == sandbox.api("GET", f"/v1/checkout/sessions/{session.id}").json()
    assert {event["request"]["id"] for event in sandbox.events()} == {None}
    assert {event["api_version"] for event in sandbox.events()} == {"2026-10-28.endive"}


def test_the_balance_transaction_follows_three_seconds_later(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    assert paid_intent(sandbox, session.id).latest_charge.balance_transaction is None
    sandbox.advance(3)

    event = sandbox.events()[-1]
    assert event["type"] == "charge.updated"
    assert event["data"]["previous_attributes"] == {"balance_transaction": None}
    transaction = sandbox.stripe.balance_transactions.retrieve(event["data"]["object"]["balance_transaction"])
    assert (transaction.amount, transaction.fee, transaction.net) == (4200, 151, 4049)
    assert transaction.status == "pending"
    sandbox.advance(2 * 24 * 3600)
    assert sandbox.stripe.balance_transactions.retrieve(transaction.id).status == "available"


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "message"),
    [
        ("4000000000000002", "card_declined", "generic_decline", "Your card was declined."),
        ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
        ("4000000000009987", "card_declined", "lost_card", "Your card was declined."),
        ("4000000000009979", "card_declined", "stolen_card", "Your card was declined."),
        ("4000000000000069", "expired_card", "expired_card", "Your card has expired."),
        (
            "4000000000000127",
            "incorrect_cvc",
            "incorrect_cvc",
            "Your card's security code is incorrect.",
        ),
        (
            "4000000000000119",
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        (
            "4000000000006975",
            "card_declined",
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its amount "
            "limit.",
        ),
        ("4000008400001280", "card_declined", "generic_decline", "Your card was declined."),
    ],
)
def test_a_declined_card_leaves_the_session_open(
    sandbox: Sandbox, card: str, code: str, decline_code: str, message: str
) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/pay", json={"card": card})
    intent = paid_intent(sandbox, session.id)
    error = intent.last_payment_error

    assert (answer.status_code, answer.json()["outcome"]) == (402, "declined")
    assert answer.json()["message"] == message
    assert sandbox.session(session.id).status == "open"
    assert intent.status == "requires_payment_method"
    assert (error.type, error.code, error.decline_code, error.message) == (
        "card_error",
        code,
        decline_code,
        message,
    )
    assert error.charge == intent.latest_charge.id
    assert (intent.latest_charge.status, intent.latest_charge.paid) == ("failed", False)
    assert intent.latest_charge.failure_code == code
    assert sandbox.event_types() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize(
    ("card", "advice", "network_code", "seller_message"),
    [
        (
            "4000000000000002",
            "try_again_later",
            "01",
            "The bank did not return any further details with this decline.",
        ),
        (
            "4000000000009995",
            "try_again_later",
            "51",
            "The bank returned the decline code `insufficient_funds`.",
        ),
        ("4000000000009987", "do_not_try_again", "41", "The bank returned the decline code `lost_card`."),
        ("4000000000000069", "confirm_card_data", "54", "The bank returned the decline code `expired_card`."),
    ],
)
def test_a_decline_says_what_the_network_advises(
    sandbox: Sandbox, card: str, advice: str, network_code: str, seller_message: str
) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card=card)
    intent = paid_intent(sandbox, session.id)
    error, outcome = intent.last_payment_error, intent.latest_charge.outcome

    assert (error.advice_code, error.network_decline_code) == (advice, network_code)
    assert "network_advice_code" not in error.to_dict()
    assert (outcome.advice_code, outcome.network_decline_code) == (advice, network_code)
    assert (outcome.network_advice_code, outcome.seller_message) == (None, seller_message)


def test_a_failed_challenge_and_a_bank_debit_have_no_network_codes(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card="4000002760003184")
    sandbox.control(f"sessions/{session.id}/fail")
    challenged = paid_intent(sandbox, session.id).last_payment_error
    other = sandbox.open_session()
    sandbox.pay(other.id, method="sepa_debit", outcome="failed")
    sandbox.control(f"sessions/{other.id}/settle", ok=False)
    debited = paid_intent(sandbox, other.id)

    for error in (challenged, debited.last_payment_error):
        assert not {"advice_code", "decline_code", "network_decline_code"} & set(error.to_dict())
    assert debited.latest_charge.outcome.network_decline_code is None


def test_the_api_answers_with_the_codes_of_the_decline(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card="4000000000000341")
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    latest: Any = sandbox.stripe.subscriptions.retrieve(subscription.id).latest_invoice
    with pytest.raises(stripe.CardError) as caught:
        sandbox.stripe.invoices.pay(latest)

    error: Any = caught.value.error
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    assert (error.advice_code, error.network_decline_code) == ("try_again_later", "01")
    assert error.charge == error.payment_intent.latest_charge


def test_the_next_try_uses_the_same_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control(f"sessions/{session.id}/fail")
    first = paid_intent(sandbox, session.id)
    sandbox.pay(session.id, card="4000000000009995")
    sandbox.pay(session.id)
    last = paid_intent(sandbox, session.id)

    assert last.id == first.id
    assert (last.status, last.last_payment_error) == ("succeeded", None)
    assert len(sandbox.stripe.charges.list({"payment_intent": last.id}).data) == 3
    assert sandbox.event_types()[3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_mistyped_number_never_reaches_an_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.pay(session.id, card="4242424242424241")

    assert (answer["outcome"], answer["code"]) == ("declined", "incorrect_number")
    assert sandbox.session(session.id).payment_intent is None
    assert sandbox.events() == []


def test_a_real_card_is_declined(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    assert sandbox.pay(session.id, card="4111111111111111")["code"] == "test_mode_live_card"


@pytest.mark.parametrize("card", ["4000002500003155", "4000002760003184", "4000000000003220"])
def test_a_challenge_that_is_passed_pays(sandbox: Sandbox, card: str) -> None:
    session = sandbox.open_session()
    assert sandbox.pay(session.id, card=card)["outcome"] == "requires_action"
    waiting = paid_intent(sandbox, session.id)
    assert (waiting.status, waiting.latest_charge) == ("requires_action", None)
    assert waiting.next_action.redirect_to_url.url == f"{sandbox.url}/c/pay/{session.id}/challenge"

    assert sandbox.control(f"sessions/{session.id}/complete_3ds")["outcome"] == "paid"
    paid = paid_intent(sandbox, session.id)
    assert (paid.id, paid.status, paid.next_action) == (waiting.id, "succeeded", None)
    assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert sandbox.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize("action", ["fail", "complete_3ds"])
def test_a_challenge_that_is_failed_leaves_the_session_open(sandbox: Sandbox, action: str) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card="4000002760003184")
    sandbox.control(f"sessions/{session.id}/{action}", ok=False)
    intent = paid_intent(sandbox, session.id)

    assert sandbox.session(session.id).status == "open"
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert sandbox.event_types()[-1] == "payment_intent.payment_failed"
    assert sandbox.pay(session.id)["outcome"] == "paid"


@pytest.mark.parametrize(
    ("card", "code"), [("4000008400001629", "generic_decline"), ("4000008260003178", "insufficient_funds")]
)
def test_a_card_can_be_declined_after_its_challenge(sandbox: Sandbox, card: str, code: str) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card=card)
    assert sandbox.control(f"sessions/{session.id}/complete_3ds")["code"] == code
    assert paid_intent(sandbox, session.id).last_payment_error.decline_code == code


def test_there_is_no_challenge_to_complete_without_one(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/complete_3ds")
    assert (answer.status_code, answer.json()["outcome"]) == (409, "not_open")
