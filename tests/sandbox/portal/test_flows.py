"""Deep links into the billing portal: one action, and where it ends."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.pages import GOOD, RETURN, enter, page, send, words_of
from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import plan, subscribe

HOME = {"name": "Ada L.", "email": "lovelace@example.com", "phone": "+43 1 234", "line1": "Ring 1"}


def flow(kind: str, subscription: stripe.Subscription, **more: Any) -> Obj:
    subject = {kind: {"subscription": subscription.id}} if kind.startswith("subscription_") else {}
    return {"type": kind, **subject, **more}


def redirect(path: str) -> Obj:
    return {"after_completion": {"type": "redirect", "redirect": {"return_url": f"{RETURN}/{path}"}}}


def configured(sandbox: Sandbox, **features: Any) -> str:
    params: Any = {"features": features}
    return sandbox.stripe.billing_portal.configurations.create(params).id


def test_a_card_is_changed_from_a_link_in_a_mail(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card="4000000000000341")
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    more = flow("payment_method_update", subscription, **redirect("thanks"))
    path = enter(sandbox, subscription, flow_data=more)

    assert sandbox.http.get(path).headers["Location"] == f"{path}/card"
    html = page(sandbox, f"{path}/card")
    assert "Change your card" in words_of(html)
    assert "Current plan" not in html
    assert send(sandbox, f"{path}/card", **GOOD).headers["Location"] == f"{RETURN}/thanks"
    method = sandbox.stripe.subscriptions.retrieve(subscription.id).default_payment_method
    assert method != subscription.default_payment_method
    assert "Current plan" in page(sandbox, path)


def test_a_plan_is_changed_from_a_link(sandbox: Sandbox) -> None:
    friend = plan(sandbox)
    product = str(sandbox.stripe.prices.retrieve(friend).product)
    more: Any = {"currency": "eur", "unit_amount": 3000, "recurring": {"interval": "month"}}
    patron = sandbox.stripe.prices.create(more | {"product": product}).id
    subscription = subscribe(sandbox, friend)
    link = flow("subscription_update", subscription, **redirect("changed"))
    path = enter(sandbox, subscription, flow_data=link)
    assert sandbox.http.get(path).headers["Location"] == f"{path}/plan/{subscription.id}"
    answer = send(sandbox, f"{path}/plan/{subscription.id}", price=patron)
    assert answer.headers["Location"] == f"{RETURN}/changed"


def test_customers_change_their_details(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription, flow_data=flow("customer_update", subscription, **redirect("moved")))
    assert sandbox.http.get(path).headers["Location"] == f"{path}/details"
    html = page(sandbox, f"{path}/details")
    assert 'value="ada@example.com"' in html
    answer = send(sandbox, f"{path}/details", **HOME, city="Wien", postal_code="1010", country="AT")
    assert answer.headers["Location"] == f"{RETURN}/moved"

    customer: Any = sandbox.stripe.customers.retrieve(str(subscription.customer))
    assert (customer.name, customer.email, customer.phone) == (*list(HOME.values())[:3],)
    assert (customer.address.line1, customer.address.country) == ("Ring 1", "AT")
    told = sandbox.events()[-1]
    assert told["type"] == "customer.updated"
    assert told["data"]["previous_attributes"] == {
        "address": None,
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "phone": None,
    }
    shown = words_of(page(sandbox, path))
    assert "lovelace@example.com" in shown
    assert "Wien, AT, Ring 1, 1010" in shown


def test_an_email_address_must_be_one(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription)
    assert send(sandbox, f"{path}/details", **{**HOME, "email": "nobody"}).headers["Location"] == (
        f"{path}/details"
    )
    html = page(sandbox, f"{path}/details")
    assert "Enter an email address" in html
    assert 'value="nobody"' in html
    assert "customer.updated" not in sandbox.event_types()


def test_customers_change_only_what_is_configured(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    only = configured(sandbox, customer_update={"enabled": True, "allowed_updates": ["email"]})
    path = enter(sandbox, subscription, configuration=only)
    html = page(sandbox, f"{path}/details")
    assert 'name="email"' in html
    assert 'name="line1"' not in html
    send(sandbox, f"{path}/details", **HOME)
    send(sandbox, f"{path}/card", **GOOD)

    customer: Any = sandbox.stripe.customers.retrieve(str(subscription.customer))
    assert (customer.email, customer.name, customer.address) == (HOME["email"], "Ada Lovelace", None)
    unchanged = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert unchanged.default_payment_method == subscription.default_payment_method
    nothing = enter(
        sandbox, subscription, configuration=configured(sandbox, invoice_history={"enabled": True})
    )
    send(sandbox, f"{nothing}/details", **{**HOME, "email": "other@example.com"})
    assert "Your details" not in page(sandbox, nothing)
    assert sandbox.stripe.customers.retrieve(str(subscription.customer)).email == HOME["email"]


@pytest.mark.parametrize(
    "kind", ["customer_update", "payment_method_update", "subscription_cancel", "subscription_update"]
)
def test_a_flow_of_a_disabled_feature_is_refused(sandbox: Sandbox, kind: str) -> None:
    subscription = subscribe(sandbox)
    nothing = configured(sandbox, invoice_history={"enabled": True})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        enter(sandbox, subscription, configuration=nothing, flow_data=flow(kind, subscription))
    assert caught.value.param == "flow_data[type]"


def test_a_flow_needs_something_to_change(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    sandbox.control(f"subscriptions/{subscription.id}/cancel")
    with pytest.raises(stripe.InvalidRequestError, match="set to cancel already"):
        enter(sandbox, subscription, flow_data=flow("subscription_cancel", subscription))
    sandbox.control(f"subscriptions/{subscription.id}/cancel", now=True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        enter(sandbox, subscription, flow_data=flow("subscription_update", subscription))
    assert caught.value.param == "flow_data[subscription_update][subscription]"


def test_staff_change_a_customer_in_the_dashboard(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"}).id
    changed = sandbox.control(f"customers/{customer}", email="new@example.com", address={"city": "Linz"})
    assert (changed["email"], changed["address"]["city"]) == ("new@example.com", "Linz")
    assert sandbox.events()[-1]["request"]["id"] is None
    path = f"/_sandbox/customers/{customer}"
    assert sandbox.http.post(path, json={"email": "nobody"}).status_code == 400
    assert sandbox.http.post("/_sandbox/customers/cus_nobody", json={"name": "Ada"}).status_code == 404
