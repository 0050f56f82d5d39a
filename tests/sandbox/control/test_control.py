"""The control surface: faults, clock, journal, reset and snapshots."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.support.process import KEY, Sandbox
from tests.support.stripe_schema import check as stripe_schema

RETRIEVE = "GET /v1/checkout/sessions/*"


def test_a_fault_strikes_the_nth_match_and_as_often_as_it_is_told(sandbox: Sandbox) -> None:
    sandbox.control("faults", match="GET /v1/charges", do="500_before", nth=2, times=2)
    answers = [sandbox.api("GET", "/v1/charges").status_code for _ in range(5)]
    assert answers == [200, 500, 500, 200, 200]
    assert sandbox.show("faults") == {"faults": []}


def test_a_fault_strikes_what_it_matches(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control("faults", match=RETRIEVE, do="500_before", times=None)

    assert sandbox.api("GET", "/v1/checkout/sessions").status_code == 200
    assert sandbox.api("POST", f"/v1/checkout/sessions/{session.id}").status_code == 200
    for _ in range(3):
        assert sandbox.api("GET", f"/v1/checkout/sessions/{session.id}").status_code == 500
    assert sandbox.http.delete("/_sandbox/faults").json() == {"faults": []}
    assert sandbox.api("GET", f"/v1/checkout/sessions/{session.id}").status_code == 200


@pytest.mark.parametrize(
    ("do", "error"),
    [
        ("500_before", stripe.APIError),
        ("429", stripe.RateLimitError),
        ("409", stripe.APIError),
        ("reset", stripe.APIConnectionError),
    ],
)
def test_faults_reach_the_library_as_their_own_errors(
    sandbox: Sandbox, do: str, error: type[Exception]
) -> None:
    sandbox.control("faults", match="GET /v1/charges", do=do)
    with pytest.raises(error) as caught:
        sandbox.stripe.charges.list()
    assert type(caught.value) is error


def test_a_reset_is_one_of_tcp(sandbox: Sandbox) -> None:
    sandbox.control("faults", match="GET /v1/charges", do="reset")
    with pytest.raises(httpx.ReadError):
        sandbox.api("GET", "/v1/charges")


def test_a_slow_answer_comes_in_the_end(sandbox: Sandbox) -> None:
    sandbox.control("faults", match="GET /v1/charges", do="slow_ms", ms=300, times=2)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{sandbox.url}/v1/charges", headers={"Authorization": f"Bearer {KEY}"}, timeout=0.2)
    assert sandbox.api("GET", "/v1/charges").status_code == 200


def test_expiring_can_succeed_without_its_caller_hearing_of_it(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control("faults", match="POST /v1/checkout/sessions/*/expire", do="500_after")
    with pytest.raises(stripe.APIError):
        sandbox.stripe.checkout.sessions.expire(session.id)
    assert sandbox.session(session.id).status == "expired"


@pytest.mark.parametrize(
    "given",
    [{"do": "500_before"}, {"match": "GET *", "do": "explode"}, {"match": "GET *", "do": "429", "x": 1}],
)
def test_nonsense_is_not_a_fault(sandbox: Sandbox, given: Any) -> None:
    answer = sandbox.http.post("/_sandbox/faults", json=given)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.show("faults") == {"faults": []}


def test_the_clock_moves_forward_only(sandbox: Sandbox) -> None:
    before = sandbox.show("clock")
    assert before["offset"] == 0
    sandbox.advance(3600)
    after = sandbox.control("clock/advance", seconds=60)
    assert after["offset"] == pytest.approx(3660, abs=0.1)
    began = int(time.time())
    assert began + 3660 <= sandbox.open_session().created <= time.time() + 3660
    for nonsense in (-1, "soon", None):
        assert sandbox.http.post("/_sandbox/clock", json={"seconds": nonsense}).status_code == 400


def test_every_timer_on_the_way_sees_its_own_time(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit")
    card = sandbox.open_session()
    sandbox.pay(card.id)
    left = sandbox.open_session()
    sandbox.advance(48 * 3600)

    at = {event["type"]: event["created"] - session.created for event in sandbox.events()}
    assert 3 <= at["charge.updated"] <= 4
    assert 10 <= at["checkout.session.async_payment_succeeded"] <= 11
    assert at["checkout.session.expired"] == left.expires_at - session.created


def test_the_journal_holds_requests_and_replies(sandbox: Sandbox) -> None:
    sandbox.http.delete("/_sandbox/requests")
    session = sandbox.open_session(expand=["line_items"])
    sandbox.api("GET", f"/v1/checkout/sessions/{session.id}?expand[]=payment_intent")
    sandbox.control("faults", match="GET /v1/charges", do="reset")
    with pytest.raises(httpx.ReadError):
        sandbox.api("GET", "/v1/charges")
    created, retrieved, lost = sandbox.show("requests")["requests"]

    assert (created["method"], created["url"], created["status"]) == ("POST", "/v1/checkout/sessions", 200)
    assert "mode=payment" in created["body"]
    assert created["headers"]["idempotency-key"]
    assert created["response"]["id"] == session.id
    assert retrieved["url"] == f"/v1/checkout/sessions/{session.id}?expand[]=payment_intent"
    assert (lost["status"], lost["response"], lost["fault"]) == (None, None, "reset")
    assert stripe_schema.check_journal([created, retrieved, lost]) == []
    assert sandbox.http.delete("/_sandbox/requests").json() == {"requests": []}
    assert sandbox.show("requests") == {"requests": []}


def test_the_schema_finds_what_is_wrong_in_a_journal() -> None:
    entry = {
        "method": "GET",
        "url": "/v1/charges?limit=500",
        "body": "",
        "status": 200,
        "response": {"object": "list", "data": [], "has_more": "no", "url": "/v1/charges"},
    }
    assert stripe_schema.check_journal([entry]) == [
        "GET /v1/charges?limit=500: request: limit: 500 is greater than the maximum of 100",
        "GET /v1/charges?limit=500: 200: has_more: 'no' is not of type 'boolean'",
    ]


def test_all_objects_of_a_kind_are_shown_oldest_first(sandbox: Sandbox) -> None:
    ids = [sandbox.open_session().id for _ in range(12)]
    found = sandbox.show("objects?kind=checkout.session")["objects"]
    assert [session["id"] for session in found] == ids
    assert found[0] == sandbox.api("GET", f"/v1/checkout/sessions/{ids[0]}").json()
    assert sandbox.show("objects?kind=refund") == {"objects": []}
    assert sandbox.http.get("/_sandbox/objects").status_code == 400


def test_reset_forgets_everything(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    sandbox.control("faults", match="GET /v1/charges", do="429")
    sandbox.control("webhooks", drop=True)
    sandbox.advance(3600)
    sandbox.control("reset")

    assert sandbox.stripe.checkout.sessions.list().data == []
    assert sandbox.events() == []
    assert sandbox.api("GET", "/v1/charges").status_code == 200
    assert sandbox.show("webhooks") == {}
    assert sandbox.show("clock")["offset"] == 0
    assert sandbox.show("deliveries") == {"deliveries": []}


def test_restoring_returns_to_the_snapshot_as_often_as_one_likes(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    assert sandbox.http.post("/_sandbox/restore").status_code == 409
    session = sandbox.open_session()
    sandbox.control("faults", match="GET /v1/charges", do="429")
    sandbox.advance(60)
    events, taken = sandbox.events(), sandbox.control("snapshot")
    offset = sandbox.show("clock")["offset"]

    for _ in range(2):
        sandbox.pay(session.id)
        assert sandbox.api("GET", "/v1/charges").status_code == 429
        sandbox.control("webhooks", drop=True)
        sandbox.advance(3600)
        assert sandbox.control("restore") == taken

        assert sandbox.show("requests") == {"requests": []}
        assert sandbox.session(session.id).payment_status == "unpaid"
        assert sandbox.events() == events
        assert len(sandbox.show("faults")["faults"]) == 1
        assert sandbox.show("webhooks") == {}
        assert sandbox.show("clock")["offset"] == offset


@pytest.mark.parametrize("path", ["sessions/cs_test_nobody/pay", "events/evt_nobody/resend"])
def test_what_is_not_there_cannot_be_controlled(sandbox: Sandbox, path: str) -> None:
    assert sandbox.http.post(f"/_sandbox/{path}").status_code == 404


def test_the_control_surface_speaks_json(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/_sandbox/faults", content="match=1")
    assert (answer.status_code, answer.json()) == (400, {"error": "The body is not JSON."})
