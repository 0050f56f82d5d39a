"""Event destinations of the second API, and thin events."""

import json
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import CURRENT, Obj, Receiver, Sandbox, order
from tests.sandbox.support.subscribers import subscribe

SECRET = "webhook_endpoint.signing_secret"
URL = "webhook_endpoint.url"


def add(sandbox: Sandbox, receiver: Receiver, **changes: Any) -> Any:
    params: Any = {
        "name": "The shop",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["*"],
        "webhook_endpoint": {"url": receiver.url},
        "include": [SECRET, URL],
        **changes,
    }
    return sandbox.client().v2.core.event_destinations.create(params)


def refusal(sandbox: Sandbox, method: str, path: str, body: Any) -> tuple[int, Obj]:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = sandbox.api(method, path, text, **{"Content-Type": "application/json"})
    return answer.status_code, answer.json()["error"]


def test_a_thin_event_is_signed_and_read_as_the_library_does(sandbox: Sandbox, receiver: Receiver) -> None:
    destination = add(sandbox, receiver, enabled_events=["v1.checkout.session.completed"])
    session = sandbox.open_session()
    sandbox.pay(session.id)
    sandbox.deliveries()
    (delivery,) = receiver.received
    client = sandbox.client()
    news: Any = client.parse_event_notification(
        delivery.body, delivery.headers["Stripe-Signature"], destination.webhook_endpoint.signing_secret
    )
    snapshot = next(each for each in sandbox.events() if each["type"] == "checkout.session.completed")

    assert type(news).__name__ == "V1CheckoutSessionCompletedEventNotification"
    assert (news.livemode, news.context) == (False, None)
    assert (news.related_object.id, news.related_object.type) == (session.id, "checkout.session")
    assert news.related_object.url == f"/v1/checkout/sessions/{session.id}"
    assert news.fetch_related_object().payment_status == "paid"
    fetched: Any = news.fetch_event()
    assert fetched.snapshot_event == snapshot["id"]
    body = json.loads(delivery.body)
    assert not {"data", "changes", "api_version", "pending_webhooks"} & set(body)
    assert body["created"].endswith("Z")


def test_a_thin_event_says_which_request_caused_it(sandbox: Sandbox, receiver: Receiver) -> None:
    add(sandbox, receiver, enabled_events=["v1.customer.created", "v1.checkout.session.expired"])
    made = sandbox.stripe.customers.create({"email": "a@b.test"}, {"idempotency_key": "k"})
    bodies = {each["body"]["type"]: each["body"] for each in sandbox.deliveries()}

    assert made.last_response is not None
    assert bodies["v1.customer.created"]["reason"] == {
        "type": "request",
        "request": {"id": made.last_response.request_id, "idempotency_key": "k"},
    }
    sandbox.open_session()
    sandbox.advance(25 * 3600)
    expired = sandbox.deliveries()[-1]["body"]
    assert (expired["type"], expired["reason"]) == ("v1.checkout.session.expired", None)


def test_what_changed_is_only_shown_by_the_api(sandbox: Sandbox, receiver: Receiver) -> None:
    add(sandbox, receiver)
    customer = sandbox.stripe.customers.create({"email": "a@b.test"})
    sandbox.stripe.customers.update(customer.id, {"email": "c@d.test"})
    news = sandbox.deliveries()[-1]["body"]
    event = sandbox.api("GET", f"/v2/core/events/{news['id']}").json()

    assert "changes" not in news
    assert event == {
        **news,
        "changes": {"before": {"email": "a@b.test"}, "after": {"email": "c@d.test"}},
    }
    listed = sandbox.api("GET", f"/v2/core/events?object_id={customer.id}&limit=1").json()
    assert listed["data"] == [event]
    following = sandbox.api("GET", listed["next_page_url"]).json()
    assert [each["type"] for each in following["data"]] == ["v1.customer.created"]
    assert following["next_page_url"] is None
    only = sandbox.api("GET", "/v2/core/events?types[0]=v1.customer.created").json()
    assert [each["type"] for each in only["data"]] == ["v1.customer.created"]


def test_every_thin_event_of_a_season_leads_to_its_object(sandbox: Sandbox, receiver: Receiver) -> None:
    add(sandbox, receiver)
    subscription = subscribe(sandbox)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    session = sandbox.open_session()
    sandbox.pay(session.id)
    sandbox.control(f"sessions/{session.id}/dispute")
    bodies = [each["body"] for each in sandbox.deliveries()]

    assert {"v1.invoice.paid", "v1.charge.dispute.created", "v1.customer.subscription.updated"} <= {
        body["type"] for body in bodies
    }
    for body in bodies:
        related = body["related_object"]
        if body["type"] == "v1.invoice.upcoming":
            assert related is None
            event = sandbox.api("GET", f"/v2/core/events/{body['id']}").json()
            assert event["data"] == {"customer": subscription.customer, "subscription": subscription.id}
            continue
        found = sandbox.api("GET", related["url"]).json()
        assert (found["id"], found["object"]) == (related["id"], related["type"])


def test_a_destination_may_get_snapshots_in_its_version(sandbox: Sandbox, receiver: Receiver) -> None:
    kinds = ["invoice.paid"]
    add(sandbox, receiver, event_payload="snapshot", enabled_events=kinds)
    add(sandbox, receiver, event_payload="snapshot", enabled_events=kinds, snapshot_api_version="2024-06-20")
    subscription = subscribe(sandbox)
    new, old = (each["body"] for each in sandbox.deliveries())

    assert (new["object"], new["api_version"]) == ("event", CURRENT)
    assert (old["api_version"], old["data"]["object"]["subscription"]) == ("2024-06-20", subscription.id)


def test_destinations_are_shown_changed_disabled_and_deleted(sandbox: Sandbox, receiver: Receiver) -> None:
    made = add(sandbox, receiver)
    destinations = sandbox.client().v2.core.event_destinations

    assert made.id.startswith("ed_test_")
    assert made.webhook_endpoint.signing_secret.startswith("whsec_")
    assert (made.status, made.event_payload, made.events_from) == ("enabled", "thin", ["@self"])
    shown: Any = destinations.retrieve(made.id)
    assert not hasattr(shown, "webhook_endpoint")
    changed: Any = destinations.update(
        made.id, {"name": "Ours", "include": [URL], "webhook_endpoint": {"url": "http://other.test"}}
    )
    assert (changed.name, changed.webhook_endpoint.url) == ("Ours", "http://other.test")
    assert destinations.disable(made.id).status == "disabled"
    sandbox.stripe.customers.create({})
    assert sandbox.deliveries() == []
    assert destinations.enable(made.id).status == "enabled"
    assert [each.id for each in destinations.list().data] == [made.id]
    destinations.delete(made.id)
    with pytest.raises(stripe.InvalidRequestError):
        destinations.retrieve(made.id)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"event_payload": "fat"}, "Invalid event_payload"),
        ({"enabled_events": ["checkout.session.completed"]}, "not a type of thin events"),
        (
            {"event_payload": "snapshot", "enabled_events": ["v1.charge.failed"]},
            "not a type of snapshot events",
        ),
        ({"webhook_endpoint": {"url": "shop"}}, "Not a valid URL"),
        ({"type": "azure_event_grid"}, "The sandbox does not support the type azure_event_grid."),
        ({"snapshot_api_version": CURRENT}, "Thin events have no version"),
        ({"bogus": 1}, "unknown parameter: bogus"),
        ({"name": None}, "empty string for 'name'"),
    ],
)
def test_a_destination_that_cannot_be_is_refused(
    sandbox: Sandbox, receiver: Receiver, change: Obj, words: str
) -> None:
    good = {
        "name": "The shop",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["*"],
        "webhook_endpoint": {"url": receiver.url},
    }
    status, error = refusal(sandbox, "POST", "/v2/core/event_destinations", {**good, **change})

    assert status == 400
    assert words in error["message"]
    assert refusal(sandbox, "POST", "/v2/core/event_destinations", {})[0] == 400


@pytest.mark.parametrize("body", ["{", "[1]", "name=x"])
def test_the_second_api_reads_json(sandbox: Sandbox, body: str) -> None:
    status, error = refusal(sandbox, "POST", "/v2/core/event_destinations", body)

    assert (status, error["code"]) == (400, "invalid_json")


def test_a_thin_event_of_a_connected_account_has_a_context(sandbox: Sandbox, receiver: Receiver) -> None:
    add(sandbox, receiver, enabled_events=["v1.checkout.session.expired"])
    sandbox.control("webhooks", account="acct_1other", livemode=True)
    params: Any = order()
    session = sandbox.stripe.checkout.sessions.create(params)
    sandbox.stripe.checkout.sessions.expire(session.id)
    (delivery,) = sandbox.deliveries()

    assert (delivery["body"]["context"], delivery["body"]["livemode"]) == ("acct_1other", True)
