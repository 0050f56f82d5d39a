"""Endpoints, signatures, retries and everything that can go wrong with a delivery."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Receiver, Sandbox
from tests.support.patience import PATIENCE

PAID = [
    "charge.succeeded",
    "payment_intent.succeeded",
    "payment_intent.created",
    "checkout.session.completed",
]


@pytest.fixture
def endpoint(sandbox: Sandbox, receiver: Receiver) -> stripe.WebhookEndpoint:
    return sandbox.stripe.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})


def expire_one(sandbox: Sandbox) -> str:
    """Cause exactly one event, and return the id of its session."""
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.expire(session.id)
    return session.id


def received_types(receiver: Receiver) -> list[str]:
    return [json.loads(got.body)["type"] for got in receiver.received]


def ids(receiver: Receiver) -> list[str]:
    return [json.loads(got.body)["id"] for got in receiver.received]


def only(deliveries: list[Obj]) -> Obj:
    [delivery] = deliveries
    return delivery


def test_endpoints_are_made_changed_listed_and_deleted(sandbox: Sandbox) -> None:
    endpoints = sandbox.stripe.webhook_endpoints
    made = endpoints.create(
        {
            "url": "http://shop.test/hook",
            "enabled_events": ["checkout.session.completed"],
            "description": "The shop",
            "metadata": {"a": "1"},
            "api_version": "2026-09-30.endive",
        }
    )
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert (made.status, made.api_version) == ("enabled", "2026-09-30.endive")
    assert "secret" not in endpoints.retrieve(made.id)

    changed = endpoints.update(
        made.id, {"disabled": True, "description": "", "enabled_events": ["*"], "metadata": {"a": ""}}
    )
    assert (changed.status, changed.description, changed.enabled_events) == ("disabled", None, ["*"])
    assert changed.metadata.to_dict() == {}
    assert [endpoint.id for endpoint in endpoints.list().data] == [made.id]
    assert endpoints.delete(made.id).deleted is True
    assert endpoints.list().data == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ("enabled_events[0]=*", "url"),
        ("url=http://shop.test", "enabled_events"),
        ("url=http://shop.test&enabled_events[0]=checkout.session.paid", "enabled_events[0]"),
        ("url=shop&enabled_events[0]=*", "url"),
        ("url=http://shop.test&enabled_events[0]=*&api_version=tomorrow", "api_version"),
    ],
)
def test_an_endpoint_needs_a_url_and_known_events(sandbox: Sandbox, body: str, param: str) -> None:
    answer = sandbox.api("POST", "/v1/webhook_endpoints", body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_at_most_sixteen_endpoints(sandbox: Sandbox) -> None:
    for number in range(16):
        body = f"url=http://shop.test/{number}&enabled_events[0]=charge.expired"
        assert sandbox.api("POST", "/v1/webhook_endpoints", body).status_code == 200
    assert sandbox.api("POST", "/v1/webhook_endpoints", body).status_code == 400


def test_a_delivery_is_signed_and_told_as_stripe_does(
    sandbox: Sandbox, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    began = int(time.time())
    session_id = expire_one(sandbox)
    delivery = only(sandbox.deliveries())
    [got] = receiver.received

    assert endpoint.secret is not None
    event = stripe.Webhook.construct_event(
        got.body.decode(), got.headers["Stripe-Signature"], endpoint.secret
    )
    assert event.type == "checkout.session.expired"
    assert event.data.object["id"] == session_id
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    assert got.headers["User-Agent"] == "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
    assert got.body.decode() == json.dumps(json.loads(got.body), indent=2)
    assert ",v0=" in got.headers["Stripe-Signature"]
    assert began <= int(got.headers["Stripe-Signature"].split(",")[0][2:]) <= time.time()
    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("delivered", 200)
    assert sandbox.stripe.events.retrieve(event.id).pending_webhooks == 0


def test_the_signature_uses_the_real_time_whatever_the_sandboxs_clock_says(
    sandbox: Sandbox, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    sandbox.advance(30 * 24 * 3600)
    began = int(time.time())
    expire_one(sandbox)
    sandbox.deliveries()

    [got] = receiver.received
    assert endpoint.secret is not None
    stripe.Webhook.construct_event(got.body.decode(), got.headers["Stripe-Signature"], endpoint.secret)
    assert began <= int(got.headers["Stripe-Signature"].split(",")[0][2:]) <= time.time()


def test_each_of_two_secrets_verifies(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    sandbox = start("--webhook", receiver.url, "--secret", "whsec_old,whsec_new")
    expire_one(sandbox)
    sandbox.deliveries()

    [got] = receiver.received
    header = got.headers["Stripe-Signature"]
    assert header.count("v1=") == 2
    for secret in ("whsec_old", "whsec_new"):
        stripe.Webhook.construct_event(got.body.decode(), header, secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body.decode(), header, "whsec_other")


def test_an_endpoint_gets_the_types_it_asked_for(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.stripe.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["checkout.session.completed", "charge.failed"]}
    )
    sandbox.pay(sandbox.open_session().id)
    sandbox.deliveries()
    assert received_types(receiver) == ["checkout.session.completed"]


def test_an_event_is_rendered_with_its_endpoints_version(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.stripe.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["*"], "api_version": "2026-03-25.dahlia"}
    )
    expire_one(sandbox)
    sandbox.deliveries()
    assert json.loads(receiver.received[0].body)["api_version"] == "2026-03-25.dahlia"


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize("status", [500, 404, 400, 301])
def test_anything_but_2xx_is_tried_again(sandbox: Sandbox, receiver: Receiver, status: int) -> None:
    receiver.answers = lambda _: status if len(receiver.received) < 3 else 204
    expire_one(sandbox)
    assert only(sandbox.deliveries())["state"] == "pending"
    [event] = sandbox.events()
    assert event["pending_webhooks"] == 1

    sandbox.advance(1)
    sandbox.deliveries()
    assert len(receiver.received) == 2
    sandbox.advance(5)
    delivery = only(sandbox.deliveries())
    assert delivery["state"] == "delivered"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [status, status, 204]
    assert sandbox.events()[0]["pending_webhooks"] == 0


def test_a_retry_has_a_fresh_signature_on_the_same_body(
    sandbox: Sandbox, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    receiver.answers = lambda _: 500 if len(receiver.received) < 2 else 200
    expire_one(sandbox)
    receiver.wait_for(2)  # a second apart, and signatures count in whole real seconds

    first, second = receiver.received
    assert first.body == second.body
    stamps = [int(got.headers["Stripe-Signature"].split(",")[0][2:]) for got in (first, second)]
    assert stamps[1] > stamps[0]
    assert endpoint.secret is not None
    stripe.Webhook.construct_event(second.body.decode(), second.headers["Stripe-Signature"], endpoint.secret)


@pytest.mark.usefixtures("endpoint")
def test_retries_end(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers = lambda _: 500
    expire_one(sandbox)
    for _ in range(6):
        sandbox.deliveries()
        sandbox.advance(60)

    delivery = only(sandbox.deliveries())
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 4)
    assert len(receiver.received) == 4
    [undelivered] = sandbox.stripe.events.list({"delivery_success": False}).data
    assert undelivered.pending_webhooks == 1


def test_an_endpoint_that_is_not_there_is_tried_again(sandbox: Sandbox) -> None:
    sandbox.stripe.webhook_endpoints.create({"url": "http://127.0.0.1:9/hook", "enabled_events": ["*"]})
    expire_one(sandbox)
    delivery = only(sandbox.deliveries())

    assert delivery["state"] == "pending"
    assert delivery["attempts"][0]["status"] is None
    assert "ConnectError" in delivery["attempts"][0]["error"]


def test_undelivered_events_can_be_asked_for(
    sandbox: Sandbox, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    expire_one(sandbox)
    sandbox.control("webhooks", drop=1)
    dropped = expire_one(sandbox)
    sandbox.deliveries()
    events = sandbox.stripe.events

    [missed] = events.list({"delivery_success": False}).data
    assert missed.data.object["id"] == dropped
    assert len(events.list({"delivery_success": True}).data) == 1
    assert len(receiver.received) == 1
    assert endpoint.status == "enabled"


@pytest.mark.usefixtures("endpoint")
def test_a_dropped_event_can_be_sent_again(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", drop=True)
    expire_one(sandbox)
    assert only(sandbox.deliveries())["state"] == "dropped"
    assert receiver.received == []

    [event] = sandbox.events()
    assert sandbox.control(f"events/{event['id']}/resend") == {"resent_to": 1}
    sandbox.deliveries()
    assert ids(receiver) == [event["id"]]
    assert sandbox.events()[0]["pending_webhooks"] == 0


@pytest.mark.usefixtures("endpoint")
def test_a_duplicate_is_the_same_event_twice(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", duplicate=1)
    expire_one(sandbox)
    expire_one(sandbox)
    sandbox.deliveries()

    assert len(receiver.received) == 3
    assert len(set(ids(receiver))) == 2
    assert ids(receiver).count(sandbox.events()[0]["id"]) == 2


@pytest.mark.usefixtures("endpoint")
def test_two_different_events_for_one_change(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", two_different_events=1)
    expire_one(sandbox)
    sandbox.deliveries()

    first, second = sandbox.events()
    assert first["id"] != second["id"]
    assert first["data"] == second["data"]
    assert sorted(ids(receiver)) == sorted([first["id"], second["id"]])


@pytest.mark.usefixtures("endpoint")
def test_a_delay_is_of_the_sandboxs_time(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", delay=3600)
    expire_one(sandbox)
    sandbox.deliveries()
    assert receiver.received == []
    sandbox.advance(3601)
    sandbox.deliveries()
    assert len(receiver.received) == 1


@pytest.mark.usefixtures("endpoint")
def test_shuffled_deliveries_all_arrive(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", shuffle="reverse")
    sandbox.pay(sandbox.open_session().id)
    receiver.wait_for(4)
    begun = sorted(sandbox.deliveries(), key=lambda delivery: delivery["attempts"][0]["at"])
    assert [delivery["type"] for delivery in begun] == PAID[::-1]
    assert sorted(received_types(receiver)) == sorted(PAID)

    receiver.reset()
    sandbox.control("webhooks", shuffle=True)
    sandbox.pay(sandbox.open_session().id)
    receiver.wait_for(4)
    assert sorted(received_types(receiver)) == sorted(PAID)


@pytest.mark.parametrize("switch", ["bad_signature", "old_timestamp"])
def test_a_delivery_that_does_not_verify_is_followed_by_one_that_does(
    sandbox: Sandbox, receiver: Receiver, endpoint: stripe.WebhookEndpoint, switch: str
) -> None:
    secret = str(endpoint.secret)

    def verify(got: Any) -> int:
        try:
            stripe.Webhook.construct_event(got.body.decode(), got.headers["Stripe-Signature"], secret)
        except stripe.SignatureVerificationError:
            return 400
        return 200

    receiver.answers = verify
    sandbox.control("webhooks", **{switch: 1})
    expire_one(sandbox)
    sandbox.deliveries()
    sandbox.advance(1)
    delivery = only(sandbox.deliveries())
    assert [attempt["status"] for attempt in delivery["attempts"]] == [400, 200]


@pytest.mark.usefixtures("endpoint")
def test_an_answer_that_stripe_does_not_hear_is_a_redelivery(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", ignore_answer=1)
    expire_one(sandbox)
    sandbox.deliveries()
    sandbox.advance(1)
    sandbox.deliveries()
    assert len(receiver.received) == 2
    assert len(set(ids(receiver))) == 1


@pytest.mark.usefixtures("endpoint")
def test_a_switch_may_strike_some_types_only(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("webhooks", drop={"types": ["checkout.session.*"], "times": 1})
    sandbox.pay(sandbox.open_session().id)
    sandbox.deliveries()
    assert sorted(received_types(receiver)) == sorted(PAID[:3])
    assert sandbox.show("webhooks") == {}


def switched_bodies(sandbox: Sandbox, receiver: Receiver, **switches: Any) -> list[Obj]:
    sandbox.control("webhooks", **switches)
    for _ in range(2):
        expire_one(sandbox)
        sandbox.deliveries()  # One after the other, or either might come first.
    bodies: list[Obj] = [json.loads(each.body) for each in receiver.received]
    return [body for body in bodies if body["type"] == "checkout.session.expired"]


@pytest.mark.usefixtures("endpoint")
def test_an_event_may_come_from_live_mode(sandbox: Sandbox, receiver: Receiver) -> None:
    live, test = switched_bodies(sandbox, receiver, livemode={"times": 1, "types": ["*.expired"]})

    assert (live["livemode"], live["data"]["object"]["livemode"]) == (True, True)
    assert (test["livemode"], test["data"]["object"]["livemode"]) == (False, False)
    assert not any(event["livemode"] for event in sandbox.events())


@pytest.mark.usefixtures("endpoint")
def test_an_event_may_come_from_a_connected_account(sandbox: Sandbox, receiver: Receiver) -> None:
    theirs, ours = switched_bodies(
        sandbox, receiver, account={"value": "acct_1other", "times": 1, "types": ["*.expired"]}
    )

    assert theirs["account"] == "acct_1other"
    assert "account" not in ours


@pytest.mark.usefixtures("endpoint")
def test_an_event_may_come_in_another_version(sandbox: Sandbox, receiver: Receiver) -> None:
    old, too = switched_bodies(sandbox, receiver, api_version="2024-06-20")

    assert (old["api_version"], too["api_version"]) == ("2024-06-20", "2024-06-20")
    assert old["data"]["object"]["ui_mode"] == "hosted"


@pytest.mark.parametrize(
    "given",
    [
        {"lose": 1},
        {"drop": "often"},
        {"drop": {"count": 1}},
        {"drop": 0},
        {"drop": -1},
        {"drop": 1.5},
        {"drop": {"times": "2"}},
        {"drop": {"types": "charge.*"}},
        {"drop": {"types": [1]}},
        {"delay": -1},
        {"delay": {"seconds": "5"}},
        {"shuffle": {"reverse": "yes"}},
        {"livemode": "yes"},
        {"account": True},
        {"account": "shop"},
        {"account": {"times": 1}},
        {"account": {"value": "acct_1", "times": 0}},
        {"api_version": "banana"},
        {"api_version": True},
        [1],
    ],
)
def test_nonsense_is_not_a_switch(sandbox: Sandbox, given: Any) -> None:
    answer = sandbox.http.post("/_sandbox/webhooks", json=given)
    assert answer.status_code == 400
    assert sandbox.show("webhooks") == {}


def test_switches_can_be_turned_off(sandbox: Sandbox) -> None:
    assert set(sandbox.control("webhooks", drop=True, duplicate=2)) == {"drop", "duplicate"}
    assert set(sandbox.control("webhooks", drop=False)) == {"duplicate"}
    assert sandbox.http.delete("/_sandbox/webhooks").json() == {}


@pytest.mark.usefixtures("endpoint")
def test_different_events_are_delivered_side_by_side(sandbox: Sandbox, receiver: Receiver) -> None:
    all_there = threading.Barrier(4, timeout=PATIENCE)

    def answer(_: Any) -> int:
        all_there.wait()
        return 200

    receiver.answers = answer
    sandbox.pay(sandbox.open_session().id)
    states = [delivery["state"] for delivery in sandbox.deliveries()]
    assert states == ["delivered"] * 4


def test_a_disabled_endpoint_gets_nothing_more(
    sandbox: Sandbox, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    receiver.answers = lambda _: 500
    expire_one(sandbox)
    sandbox.deliveries()
    sandbox.stripe.webhook_endpoints.update(endpoint.id, {"disabled": True})
    sandbox.advance(1)
    expire_one(sandbox)
    sandbox.deliveries()
    assert len(receiver.received) == 1

    sandbox.stripe.webhook_endpoints.update(endpoint.id, {"disabled": False})
    sandbox.advance(5)
    sandbox.deliveries()
    assert len(receiver.received) == 2


def test_a_delivery_that_a_reset_overtook_counts_for_nothing(sandbox: Sandbox, receiver: Receiver) -> None:
    speak = threading.Event()
    receiver.answers = lambda _: 500 if speak.wait(PATIENCE) else 504
    for number in (1, 2):
        sandbox.control("reset")
        sandbox.stripe.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
        expire_one(sandbox)
        receiver.wait_for(number)
    speak.set()

    [attempt] = only(sandbox.deliveries())["attempts"]
    assert attempt["status"] == 500
    assert len(receiver.received) == 2
