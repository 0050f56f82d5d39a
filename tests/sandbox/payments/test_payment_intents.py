"""Payment intents: manual capture, cancellation and expiry."""

from typing import Any

import pytest

from tests.sandbox.support.payments import paid_intent
from tests.sandbox.support.process import Sandbox


def manual(sandbox: Sandbox) -> Any:
    """Return the authorised intent of a session with manual capture."""
    session = sandbox.open_session(payment_intent_data={"capture_method": "manual"})
    sandbox.pay(session.id)
    return paid_intent(sandbox, session.id)


def test_an_authorisation_waits_for_its_capture(sandbox: Sandbox) -> None:
    intent = manual(sandbox)

    assert (intent.status, intent.amount_capturable) == ("requires_capture", 4200)
    assert intent.latest_charge.captured is False
    capture_before = intent.latest_charge.payment_method_details.card.capture_before
    assert capture_before == intent.latest_charge.created + 7 * 24 * 3600
    assert sandbox.event_types() == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "payment_intent.created",
        "checkout.session.completed",
    ]

    captured = sandbox.stripe.payment_intents.capture(intent.id, {"amount_to_capture": 4000})
    sandbox.advance(5)
    assert (captured.status, captured.amount_received) == ("succeeded", 4000)
    assert sandbox.event_types()[4:] == ["charge.captured", "payment_intent.succeeded", "charge.updated"]


def test_more_than_was_authorised_cannot_be_captured(sandbox: Sandbox) -> None:
    intent = manual(sandbox)
    answer = sandbox.api("POST", f"/v1/payment_intents/{intent.id}/capture", "amount_to_capture=4201")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "amount_to_capture")


def test_an_authorisation_can_be_released(sandbox: Sandbox) -> None:
    intent = manual(sandbox)
    released = sandbox.stripe.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (released.status, released.cancellation_reason) == ("canceled", "duplicate")
    assert sandbox.event_types()[4:] == ["charge.refunded", "payment_intent.canceled"]


def test_an_authorisation_lapses_after_a_week(sandbox: Sandbox) -> None:
    intent = manual(sandbox)
    sandbox.advance(7 * 24 * 3600 + 60)
    assert paid_intent(sandbox, sandbox.events()[3]["data"]["object"]["id"]).status == "canceled"
    assert sandbox.event_types()[4:] == ["charge.expired", "payment_intent.canceled"]
    assert intent.id


@pytest.mark.parametrize(("action", "done"), [("capture", "captured"), ("cancel", "canceled")])
def test_a_finished_payment_can_be_neither_captured_nor_cancelled(
    sandbox: Sandbox, action: str, done: str
) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    intent = sandbox.session(session.id).payment_intent
    answer = sandbox.api("POST", f"/v1/payment_intents/{intent}/{action}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "payment_intent_unexpected_state")
    assert error["payment_intent"]["id"] == intent
    assert f"could not be {done} because it has a status of succeeded" in error["message"]


def test_an_intent_of_checkout_is_ended_by_expiring_its_session(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control(f"sessions/{session.id}/fail")
    intent = sandbox.session(session.id).payment_intent
    error = sandbox.api("POST", f"/v1/payment_intents/{intent}/cancel").json()["error"]
    assert "Expire the Checkout Session" in error["message"]
