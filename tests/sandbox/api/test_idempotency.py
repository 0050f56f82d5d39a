"""Idempotency keys, and the faults that they are for."""

import threading
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox, order
from tests.support.patience import wait_for

CREATE = "POST /v1/checkout/sessions"


def create(sandbox: Sandbox, key: str, **changes: Any) -> stripe.checkout.Session:
    params: Any = {**order(), **changes}
    return sandbox.stripe.checkout.sessions.create(params, {"idempotency_key": key})


def count_sessions(sandbox: Sandbox) -> int:
    return len(sandbox.stripe.checkout.sessions.list({"limit": 100}).data)


def test_the_same_key_gets_the_same_answer(sandbox: Sandbox) -> None:
    first, again = create(sandbox, "k1"), create(sandbox, "k1")

    assert again.id == first.id
    assert count_sessions(sandbox) == 1
    assert first.last_response is not None
    assert again.last_response is not None
    assert again.last_response.body == first.last_response.body
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert first.last_response.headers["Original-Request"] == first.last_response.request_id
    assert first.last_response.headers["Stripe-Should-Retry"] == "false"


def test_another_key_is_another_session(sandbox: Sandbox) -> None:
    assert create(sandbox, "k1").id != create(sandbox, "k2").id


def test_a_key_belongs_to_its_parameters(sandbox: Sandbox) -> None:
    create(sandbox, "k1")
    with pytest.raises(stripe.IdempotencyError) as caught:
        create(sandbox, "k1", client_reference_id="BOOKING-2")

    assert caught.value.http_status == 400
    assert caught.value.user_message == (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        "Try using a key other than 'k1' if you meant to execute a different request."
    )


def test_other_parameters_are_told_whose_key_it_is(sandbox: Sandbox) -> None:
    first = create(sandbox, "k1")
    with pytest.raises(stripe.IdempotencyError) as caught:
        create(sandbox, "k1", client_reference_id="BOOKING-2")

    assert first.last_response is not None
    assert caught.value.headers is not None
    assert caught.value.headers["Original-Request"] == first.last_response.request_id


def test_a_key_belongs_to_its_url(sandbox: Sandbox) -> None:
    session = create(sandbox, "k1")
    with pytest.raises(stripe.IdempotencyError):
        sandbox.stripe.checkout.sessions.expire(session.id, None, {"idempotency_key": "k1"})


def test_a_refused_parameter_leaves_the_key_free(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(sandbox, "k1", locale="klingon")
    assert caught.value.headers is not None
    assert caught.value.headers["Original-Request"] == caught.value.request_id
    assert "Stripe-Should-Retry" not in caught.value.headers
    assert create(sandbox, "k1").status == "open"


def test_a_refusal_of_state_is_kept(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    answers = [
        sandbox.api("POST", f"/v1/checkout/sessions/{session.id}/expire", **{"Idempotency-Key": "e"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(sandbox: Sandbox) -> None:
    first = create(sandbox, "k1")
    sandbox.advance(23 * 3600)
    assert create(sandbox, "k1").id == first.id
    sandbox.advance(2 * 3600)
    assert create(sandbox, "k1").id != first.id


def test_an_overlong_key_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.IdempotencyError):
        create(sandbox, "k" * 256)


def test_a_key_in_use_is_a_conflict(sandbox: Sandbox) -> None:
    sandbox.control("faults", match=CREATE, do="slow_ms", ms=1500)
    slow = threading.Thread(target=create, args=(sandbox, "k1"))
    slow.start()
    wait_for(lambda: sandbox.show("faults") == {"faults": []}, "the slow one is there")
    with pytest.raises(stripe.APIError) as caught:
        create(sandbox, "k1")
    slow.join()

    assert caught.value.http_status == 409
    assert caught.value.error is not None
    assert caught.value.error.code == "idempotency_key_in_use"
    assert create(sandbox, "k1").last_response is not None
    assert count_sessions(sandbox) == 1


@pytest.mark.parametrize("lost", ["500_after", "reset_after", "timeout_after"])
def test_work_whose_reply_was_lost_is_found_again_by_its_key(sandbox: Sandbox, lost: str) -> None:
    sandbox.control("faults", match=CREATE, do=lost, seconds=0.2)
    with pytest.raises((stripe.APIError, stripe.APIConnectionError)):
        create(sandbox, "k1")
    assert count_sessions(sandbox) == 1

    found = create(sandbox, "k1")
    assert found.last_response is not None
    assert found.last_response.headers["Idempotent-Replayed"] == "true"
    assert count_sessions(sandbox) == 1


@pytest.mark.parametrize(("fault", "made"), [("500_stored", 0), ("500_stored_after", 1)])
def test_a_500_of_the_execution_itself_stays_with_its_key(sandbox: Sandbox, fault: str, made: int) -> None:
    sandbox.control("faults", match=CREATE, do=fault)
    answers = []
    for _ in range(3):
        with pytest.raises(stripe.APIError) as caught:
            create(sandbox, "k1")
        answers.append(caught.value)
    first, *again = answers

    assert {answer.http_status for answer in answers} == {500}
    assert {answer.http_body for answer in again} == {first.http_body}
    for answer in again:
        assert answer.headers is not None
        assert answer.headers["Idempotent-Replayed"] == "true"
        assert answer.headers["Original-Request"] == first.request_id
    assert count_sessions(sandbox) == made

    with pytest.raises(stripe.IdempotencyError):
        create(sandbox, "k1", client_reference_id="BOOKING-2")
    assert create(sandbox, "k2").status == "open"
    sandbox.advance(25 * 3600)
    assert create(sandbox, "k1").status == "open"


def test_the_library_does_not_repeat_what_can_only_fail_again(sandbox: Sandbox) -> None:
    sandbox.control("faults", match=CREATE, do="500_stored")
    params: Any = order()
    with pytest.raises(stripe.APIError):
        sandbox.client(retries=2).v1.checkout.sessions.create(params)

    requests = [entry for entry in sandbox.show("requests")["requests"] if entry["method"] == "POST"]
    assert [entry["status"] for entry in requests] == [500]


def test_a_500_without_a_key_is_kept_nowhere(sandbox: Sandbox) -> None:
    sandbox.control("faults", match="GET /v1/charges", do="500_stored")
    answers = [sandbox.api("GET", "/v1/charges") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [500, 200]
    assert "Stripe-Should-Retry" not in answers[0].headers


@pytest.mark.parametrize("lost", ["500_before", "500_after"])
def test_a_500_on_the_way_says_nothing_about_the_key(sandbox: Sandbox, lost: str) -> None:
    sandbox.control("faults", match=CREATE, do=lost)
    with pytest.raises(stripe.APIError) as caught:
        create(sandbox, "k1")

    assert caught.value.headers is not None
    assert not {"Original-Request", "Stripe-Should-Retry"} & set(caught.value.headers)


@pytest.mark.parametrize("lost", ["500_before", "reset", "reset_before", "timeout_before", "429", "409"])
def test_a_request_that_came_to_nothing_leaves_the_key_free(sandbox: Sandbox, lost: str) -> None:
    sandbox.control("faults", match=CREATE, do=lost, seconds=0.2)
    with pytest.raises(stripe.StripeError):
        create(sandbox, "k1")
    assert count_sessions(sandbox) == 0

    made = create(sandbox, "k1")
    assert made.last_response is not None
    assert "Idempotent-Replayed" not in made.last_response.headers


@pytest.mark.parametrize("lost", ["500_after", "reset_after", "409", "lock_timeout"])
def test_the_library_retries_with_its_key_and_makes_one_session(sandbox: Sandbox, lost: str) -> None:
    sandbox.control("faults", match=CREATE, do=lost)
    params: Any = order()
    session = sandbox.client(retries=2).v1.checkout.sessions.create(params)

    assert session.status == "open"
    assert count_sessions(sandbox) == 1


def test_a_client_that_gives_up_is_let_go(sandbox: Sandbox) -> None:
    sandbox.control("faults", match=CREATE, do="timeout_after")
    impatient = sandbox.client(timeout=0.3)
    params: Any = order()
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.checkout.sessions.create(params, {"idempotency_key": "k1"})

    assert create(sandbox, "k1").id == sandbox.stripe.checkout.sessions.list().data[0].id
