"""Disputes of a part of a charge, and what can still be refunded of it."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.disputes import BEGUN, booked, dispute, dispute_events, move
from tests.sandbox.support.payments import pay, refund
from tests.sandbox.support.process import Sandbox


def refused(sandbox: Sandbox, session_id: str, **params: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refund(sandbox, session_id, **params)
    return caught.value


def test_a_part_of_a_charge_is_disputed(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox), amount=1000)

    charge = sandbox.stripe.charges.retrieve(opened["charge"])
    assert (opened["amount"], opened["status"]) == (1000, "needs_response")
    assert booked(sandbox, opened["id"]) == [("dispute", -1000, 1500)]
    assert (charge.disputed, charge.amount, charge.amount_refunded) == (True, 4200, 0)
    assert dispute_events(sandbox) == BEGUN


def test_a_charge_is_disputed_in_parts_until_nothing_is_left(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    refund(sandbox, session_id, amount=700)
    first, second = (dispute(sandbox, session_id, amount=amount) for amount in (1000, 2000))
    rest = dispute(sandbox, session_id)

    assert [each["amount"] for each in (first, second, rest)] == [1000, 2000, 500]
    path = f"/_sandbox/sessions/{session_id}/dispute"
    more = sandbox.http.post(path, json={"amount": 1})
    assert more.status_code == 409
    assert more.json() == {"error": "Only €0.00 of this charge is neither refunded nor disputed."}


def test_an_issuer_can_dispute_more_than_is_left(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    refund(sandbox, session_id, amount=4000)
    assert dispute(sandbox, session_id, amount=4200, beyond=True)["amount"] == 4200


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1000", True])
def test_an_amount_is_a_positive_integer(sandbox: Sandbox, amount: object) -> None:
    path = f"/_sandbox/sessions/{pay(sandbox)}/dispute"
    assert sandbox.http.post(path, json={"amount": amount}).status_code == 400
    assert dispute_events(sandbox) == []


def test_a_part_that_is_won_comes_back_alone(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    lost, won = (dispute(sandbox, session_id, amount=amount)["id"] for amount in (1000, 2000))
    move(sandbox, lost, "lost")
    move(sandbox, won, "won")
    assert booked(sandbox, lost) == [("dispute", -1000, 1500)]
    assert booked(sandbox, won) == [("dispute", -2000, 1500), ("dispute_reversal", 2000, 0)]


@pytest.mark.parametrize("status", ["needs_response", "under_review", "lost"])
def test_the_rest_of_a_charge_that_is_charged_back_is_not_refunded(sandbox: Sandbox, status: str) -> None:
    session_id = pay(sandbox)
    opened = dispute(sandbox, session_id, amount=1000)
    if status != "needs_response":
        move(sandbox, opened["id"], status)
    error = refused(sandbox, session_id, amount=100)
    assert error.code == "charge_disputed"
    assert error.user_message == f"Charge {opened['charge']} has been charged back; cannot issue a refund."


def test_after_a_part_is_won_all_of_it_can_be_refunded(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    move(sandbox, dispute(sandbox, session_id, amount=1000)["id"], "won")
    assert refund(sandbox, session_id).amount == 4200


def test_the_rest_can_be_made_refundable(sandbox: Sandbox) -> None:
    assert sandbox.control("disputes", rest_is_refundable=True) == sandbox.show("disputes")
    session_id = pay(sandbox)
    dispute(sandbox, session_id, amount=1000)

    error = refused(sandbox, session_id, amount=3201)
    assert (error.param, "€32.00" in str(error.user_message)) == ("amount", True)
    assert refund(sandbox, session_id).amount == 3200
    assert refused(sandbox, session_id).code == "charge_disputed"


@pytest.mark.parametrize("kind", ["payment_intents", "charges"])
def test_what_is_disputed_is_named_by_its_intent_or_charge_too(sandbox: Sandbox, kind: str) -> None:
    intent: Any = sandbox.session(pay(sandbox), "payment_intent").payment_intent
    paid = intent.id if kind == "payment_intents" else intent.latest_charge
    assert sandbox.control(f"{kind}/{paid}/dispute", amount=5)["charge"] == intent.latest_charge
    assert sandbox.control(f"{kind}/{paid}/warn")["charge"] == intent.latest_charge
    assert sandbox.http.post(f"/_sandbox/{kind}/nobody/dispute").status_code == 404
