"""What Stripe has is never called unknown, whether or not the sandbox has it."""

import re
from typing import Any

import pytest

from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import subscribe
from tests.support.stripe_schema import inventory

HOW = "run python -m tests.support.stripe_schema.inventory"


def test_the_lists_are_those_of_the_installed_package() -> None:
    assert inventory.ROUTES.read_text().split("\n")[:-1] == inventory.routes(), HOW
    assert inventory.EXPANDABLE.read_text().split("\n")[:-1] == inventory.expandable(), HOW
    assert inventory.THIN_EVENTS.read_text().split("\n")[:-1] == inventory.thin_events(), HOW
    assert len(inventory.routes()) > 600
    assert len(inventory.expandable()) > 400


def test_each_route_of_stripe_is_served_or_said_to_be_missing_here(sandbox: Sandbox) -> None:
    strange = []
    for line in inventory.routes():
        method, template = line.split(" ")
        answer = sandbox.api(method, re.sub(r"{\w+}", "x_1", template))
        error = answer.json().get("error", {})
        if error.get("message", "").startswith("Unrecognized request URL") or answer.status_code >= 500:
            strange.append((line, answer.status_code, error))
    assert strange == []


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/v1/climate/orders", "/v1/climate/orders"),
        ("POST", "/v1/setup_intents", "/v1/setup_intents"),
        ("DELETE", "/v1/ephemeral_keys/ek_1", "/v1/ephemeral_keys/{key}"),
        ("GET", "/v1/customers/search", "/v1/customers/search"),
    ],
)
def test_a_route_that_only_stripe_has_says_so(
    sandbox: Sandbox, method: str, path: str, template: str
) -> None:
    answer = sandbox.api(method, path)
    error = answer.json()["error"]

    assert answer.status_code == 404
    assert (error["type"], error["code"]) == ("invalid_request_error", "sandbox_unsupported")
    assert error["message"] == f"The sandbox does not support {method} {template}. Stripe does."
    assert "doc_url" not in error


def expanded(sandbox: Sandbox, path: str, *paths: str) -> Obj:
    answer = sandbox.api("GET", path + "?" + "&".join(f"expand[]={each}" for each in paths))
    assert answer.status_code == 200, answer.text
    found: Obj = answer.json()
    return found


def test_what_stripe_expands_and_the_sandbox_lacks_is_null(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    charge = expanded(
        sandbox,
        f"/v1/checkout/sessions/{session.id}",
        "payment_intent.latest_charge.review",
        "payment_intent.latest_charge.application_fee.charge",
        "payment_link",
        "setup_intent.latest_attempt",
    )["payment_intent"]["latest_charge"]

    assert charge["object"] == "charge"
    assert (charge["review"], charge["application_fee"]) == (None, None)


def test_each_expansion_of_stripe_is_accepted(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    session = sandbox.open_session()
    sandbox.pay(session.id)
    refused = []
    places = {
        "subscription": f"/v1/subscriptions/{subscription.id}",
        "invoice": f"/v1/invoices/{subscription.latest_invoice}",
        "checkout.session": f"/v1/checkout/sessions/{session.id}",
        "customer": f"/v1/customers/{subscription.customer}",
        "charge": "/v1/charges/" + sandbox.api("GET", "/v1/charges").json()["data"][0]["id"],
    }
    for line in inventory.expandable():
        kind, member, target = line.split(" ")
        if kind in places and member.count(".") < 4 and not target.startswith("="):
            answer = sandbox.api("GET", f"{places[kind]}?expand[]={member}")
            if answer.status_code != 200:
                refused.append((line, answer.text))
    assert refused == []


@pytest.mark.parametrize(
    ("path", "member", "words"),
    [
        ("charges", "data.bogus", "This property cannot be expanded (data.bogus)."),
        ("charges", "data.customer.bogus", "This property cannot be expanded (data.customer.bogus)."),
        ("charges", "data", "This property cannot be expanded (data)."),
        (
            "charges",
            "customer",
            "This property cannot be expanded (customer). "
            "You may want to try expanding 'data.customer' instead.",
        ),
        ("balance", "metadata", "This property cannot be expanded (metadata)."),
    ],
)
def test_what_stripe_does_not_expand_is_refused(sandbox: Sandbox, path: str, member: str, words: str) -> None:
    answer = sandbox.api("GET", f"/v1/{path}?expand[]={member}")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == words


def test_a_deleted_object_expands_to_what_is_left_of_it(sandbox: Sandbox) -> None:
    subscription: Any = subscribe(sandbox)
    sandbox.stripe.customers.delete(subscription.customer)
    shown = expanded(sandbox, f"/v1/subscriptions/{subscription.id}", "customer")["customer"]

    assert shown == {"id": subscription.customer, "object": "customer", "deleted": True}
