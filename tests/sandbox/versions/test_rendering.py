"""Objects and events in the shapes from before basil, clover and dahlia."""

import json
from typing import Any

import pytest

from tests.sandbox.support.process import CURRENT, Obj, Receiver, Sandbox
from tests.sandbox.support.subscribers import subscribe

ACACIA, BASIL, CLOVER, DAHLIA = (
    "2025-02-24.acacia",
    "2025-03-31.basil",
    "2025-09-30.clover",
    "2026-03-25.dahlia",
)


def get(sandbox: Sandbox, path: str, version: str) -> Obj:
    answer = sandbox.api("GET", path, **{"Stripe-Version": version})
    assert answer.status_code == 200, answer.text
    found: Obj = answer.json()
    return found


def test_before_basil_a_subscription_has_the_period(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = f"/v1/subscriptions/{subscription.id}"
    new, old = get(sandbox, path, BASIL), get(sandbox, path, ACACIA)
    item = new["items"]["data"][0]

    assert "current_period_end" not in new
    assert old["current_period_start"] == item["current_period_start"]
    assert old["current_period_end"] == item["current_period_end"]
    assert "current_period_end" not in old["items"]["data"][0]
    assert old["plan"]["id"] == item["price"]["id"]
    assert (old["quantity"], old["discount"]) == (1, None)
    assert get(sandbox, "/v1/subscriptions", ACACIA)["data"] == [old]


def test_before_basil_an_invoice_names_subscription_and_payment(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = f"/v1/invoices/{subscription.latest_invoice}"
    new, old = get(sandbox, f"{path}?expand[]=payments", CURRENT), get(sandbox, path, ACACIA)
    intent = new["payments"]["data"][0]["payment"]["payment_intent"]
    line, old_line = new["lines"]["data"][0], old["lines"]["data"][0]

    assert new["parent"]["subscription_details"]["subscription"] == subscription.id
    assert "subscription" not in new
    assert old["subscription"] == subscription.id
    assert old["subscription_details"] == {"metadata": {"membership": "m1"}}
    assert old["payment_intent"] == intent
    assert old["charge"] == get(sandbox, f"/v1/payment_intents/{intent}", CURRENT)["latest_charge"]
    assert (old["paid"], old["tax"], old["total_tax_amounts"]) == (True, None, [])
    assert not {"parent", "payments", "total_taxes", "amount_overpaid"} & set(old)

    assert old_line["price"]["id"] == line["pricing"]["price_details"]["price"]
    assert old_line["plan"]["id"] == old_line["price"]["id"]
    assert (old_line["type"], old_line["proration"]) == ("subscription", False)
    assert old_line["subscription_item"] == line["parent"]["subscription_item_details"]["subscription_item"]
    assert not {"parent", "pricing", "taxes"} & set(old_line)


def test_before_basil_payments_name_their_invoice(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    invoice = get(sandbox, f"/v1/invoices/{subscription.latest_invoice}", ACACIA)
    charge = get(sandbox, f"/v1/charges/{invoice['charge']}", ACACIA)

    assert charge["invoice"] == invoice["id"]
    assert (
        get(sandbox, f"/v1/payment_intents/{invoice['payment_intent']}", ACACIA)["invoice"] == invoice["id"]
    )
    assert "invoice" not in get(sandbox, f"/v1/charges/{charge['id']}", BASIL)
    session = sandbox.open_session()
    sandbox.pay(session.id)
    assert [each["invoice"] for each in get(sandbox, "/v1/charges", ACACIA)["data"]] == [None, invoice["id"]]


def test_before_dahlia_the_hosted_page_has_another_name(sandbox: Sandbox) -> None:
    path = f"/v1/checkout/sessions/{sandbox.open_session().id}"

    assert get(sandbox, path, DAHLIA)["ui_mode"] == "hosted_page"
    assert get(sandbox, path, CLOVER)["ui_mode"] == "hosted"


def test_what_moved_can_be_expanded_only_where_it_was(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = f"/v1/subscriptions/{subscription.id}?expand[]=latest_invoice.payment_intent.latest_charge"
    invoice = get(sandbox, path, ACACIA)["latest_invoice"]

    assert invoice["payment_intent"]["object"] == "payment_intent"
    assert invoice["payment_intent"]["latest_charge"]["invoice"] == invoice["id"]
    refused = sandbox.api("GET", path)
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == (
        "This property cannot be expanded (latest_invoice.payment_intent.latest_charge)."
    )


def test_a_reply_is_repeated_in_the_version_it_was_first_given_in(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = f"/v1/subscriptions/{subscription.id}"
    headers = {"Idempotency-Key": "k", "Stripe-Version": ACACIA}
    first, again = (sandbox.api("POST", path, "metadata[a]=b", **headers) for _ in range(2))

    assert again.text == first.text
    assert "current_period_end" in first.json()


def add_endpoint(sandbox: Sandbox, receiver: Receiver, version: str | None) -> None:
    params: Any = {"url": f"{receiver.url}?{version}", "enabled_events": ["*"]}
    if version is not None:
        params["api_version"] = version
    sandbox.stripe.webhook_endpoints.create(params)


def bodies_of(sandbox: Sandbox, kind: str) -> list[Obj]:
    return [json.loads(json.dumps(each["body"])) for each in sandbox.deliveries() if each["type"] == kind]


def test_each_endpoint_gets_its_own_rendering(sandbox: Sandbox, receiver: Receiver) -> None:
    for version in ("2024-06-20", BASIL, None):
        add_endpoint(sandbox, receiver, version)
    subscription = subscribe(sandbox)
    old, basil, newest = bodies_of(sandbox, "invoice.paid")

    assert [body["api_version"] for body in (old, basil, newest)] == ["2024-06-20", BASIL, CURRENT]
    assert len({body["id"] for body in (old, basil, newest)}) == 1
    assert old["data"]["object"]["subscription"] == subscription.id
    assert "parent" not in old["data"]["object"]
    for body in (basil, newest):
        assert "subscription" not in body["data"]["object"]
        assert body["data"]["object"]["parent"]["subscription_details"]["subscription"] == subscription.id


def test_previous_attributes_have_the_shape_of_the_endpoint(sandbox: Sandbox, receiver: Receiver) -> None:
    add_endpoint(sandbox, receiver, "2024-06-20")
    add_endpoint(sandbox, receiver, CURRENT)
    subscription = subscribe(sandbox)
    before = get(sandbox, f"/v1/subscriptions/{subscription.id}", "2024-06-20")
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    old, new = bodies_of(sandbox, "customer.subscription.updated")[-2:]

    assert old["data"]["previous_attributes"]["current_period_end"] == before["current_period_end"]
    assert old["data"]["object"]["current_period_start"] == before["current_period_end"]
    assert "current_period_end" not in new["data"]["previous_attributes"]
    changed = new["data"]["previous_attributes"]["items"]["data"][0]
    assert changed["current_period_end"] == before["current_period_end"]


def test_a_stored_event_is_never_rendered_again(sandbox: Sandbox) -> None:
    subscribe(sandbox)

    for event in get(sandbox, "/v1/events?limit=100", "2024-06-20")["data"]:
        assert event["api_version"] == CURRENT
        assert "current_period_end" not in event["data"]["object"]


@pytest.mark.parametrize("version", [ACACIA, BASIL, CLOVER, DAHLIA])
def test_every_object_of_a_season_can_be_rendered(sandbox: Sandbox, version: str) -> None:
    subscription = subscribe(sandbox)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    session = sandbox.open_session()
    sandbox.pay(session.id)
    sandbox.control(f"sessions/{session.id}/dispute")
    paths = (
        *("charges", "checkout/sessions", "customers", "disputes", "invoices", "payment_intents", "prices"),
        *("products", "subscriptions", "balance_transactions", "payment_methods", "events"),
    )
    for path in paths:
        assert get(sandbox, f"/v1/{path}", version)["data"] or path == "payment_methods"
