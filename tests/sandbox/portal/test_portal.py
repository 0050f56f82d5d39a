"""The billing portal, as a browser without JavaScript uses it."""

import re
from typing import Any

import pytest
import stripe

from tests.sandbox.support.pages import GOOD, RETURN, enter, page, send, words_of
from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import history, plan, subscribe


def configured(sandbox: Sandbox, **features: Any) -> str:
    params: Any = {"features": {"invoice_history": {"enabled": True}, **features}}
    return sandbox.stripe.billing_portal.configurations.create(params).id


def test_a_session_leads_to_its_customers_portal(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    session = sandbox.stripe.billing_portal.sessions.create(
        {"customer": str(subscription.customer), "return_url": RETURN, "expand": ["configuration"]}
    )
    configuration: Any = session.configuration

    assert (session.return_url, session.flow) == (RETURN, None)
    assert configuration.is_default is True
    assert configuration.features.subscription_cancel.mode == "at_period_end"
    assert history(sandbox)[-1]["type"] == "billing_portal.session.created"
    html = page(sandbox, session.url)
    for words in ("Friend", "€12.00 per month", "Next payment: €12.00 on", "Visa ending in 4242", "Paid"):
        assert words in words_of(html)
    assert f'href="{RETURN}"' in html


@pytest.mark.parametrize("customer", [None, "cus_nobody"])
def test_a_session_needs_a_customer(sandbox: Sandbox, customer: str | None) -> None:
    params: Any = {"customer": customer}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.billing_portal.sessions.create(params)
    assert (caught.value.http_status, caught.value.param) == (400, "customer")


def test_a_plan_is_cancelled_and_kept_again(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription)
    assert "goes on until" in page(sandbox, f"{path}/cancel/{subscription.id}")
    answer = send(sandbox, f"{path}/cancel/{subscription.id}")
    assert answer.headers["Location"] == path

    html = page(sandbox, path)
    assert "Your plan ends with the current period." in html
    assert "Nothing more will be charged." in html
    assert "Keep plan" in html
    ending = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert ending.cancel_at == subscription["items"].data[0].current_period_end
    assert "Your plan ends" not in page(sandbox, path)

    send(sandbox, f"{path}/keep/{subscription.id}")
    assert "Your plan continues." in page(sandbox, path)
    assert sandbox.stripe.subscriptions.retrieve(subscription.id).cancel_at is None


def test_a_reason_is_asked_for_where_the_shop_wants_one(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    reason = {"enabled": True, "options": ["too_expensive", "unused"]}
    configuration = configured(
        sandbox,
        subscription_cancel={"enabled": True, "mode": "immediately", "cancellation_reason": reason},
    )
    path = enter(sandbox, subscription, configuration=configuration)
    html = page(sandbox, f"{path}/cancel/{subscription.id}")
    assert "It’s too expensive" in html
    assert "It isn’t good enough" not in html
    send(sandbox, f"{path}/cancel/{subscription.id}", feedback="unused")

    ended = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert ended.status == "canceled"
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.feedback == "unused"
    assert "You have no plan at the moment." in page(sandbox, path)


def test_a_plan_changes_to_a_configured_price(sandbox: Sandbox) -> None:
    friend, patron = plan(sandbox), plan(sandbox, amount=3000, name="Patron")
    products = [
        {"product": str(sandbox.stripe.prices.retrieve(price).product), "prices": [price]}
        for price in (friend, patron)
    ]
    update = {"enabled": True, "default_allowed_updates": ["price"], "products": products}
    configuration = configured(sandbox, subscription_update=update)
    subscription = subscribe(sandbox, friend)
    path = enter(sandbox, subscription, configuration=configuration)

    html = page(sandbox, f"{path}/plan/{subscription.id}")
    assert "Patron" in html
    assert "€30.00 per month" in html
    assert "Yours now" in html
    send(sandbox, f"{path}/plan/{subscription.id}", price=patron)
    assert "Plan changed." in page(sandbox, path)
    changed = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert changed["items"].data[0].price.id == patron
    assert changed["items"].data[0].id == subscription["items"].data[0].id


def test_without_products_the_other_prices_of_the_same_one_are_offered(sandbox: Sandbox) -> None:
    friend = plan(sandbox)
    product = str(sandbox.stripe.prices.retrieve(friend).product)
    yearly: Any = {"currency": "eur", "unit_amount": 12000, "product": product}
    yearly["recurring"] = {"interval": "year"}
    year = sandbox.stripe.prices.create(yearly).id
    plan(sandbox, name="Another")
    subscription = subscribe(sandbox, friend)
    path = enter(sandbox, subscription)
    html = page(sandbox, f"{path}/plan/{subscription.id}")
    assert re.findall(r'name="price" value="(\w+)"', html) == [friend, year]

    send(sandbox, f"{path}/plan/{subscription.id}", price="price_nobody")
    assert sandbox.stripe.subscriptions.retrieve(subscription.id)["items"].data[0].price.id == friend
    send(sandbox, f"{path}/plan/{subscription.id}", price=year)
    latest = sandbox.stripe.invoices.list({"limit": 1}).data[0]
    assert (latest.billing_reason, latest.status, latest.amount_paid) == (
        "subscription_update",
        "paid",
        10800,
    )


def test_a_new_card_pays_from_now_on(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription)
    assert "Change your card" in page(sandbox, f"{path}/card")
    send(sandbox, f"{path}/card", **GOOD)

    html = page(sandbox, path)
    assert "Card updated." in html
    assert "Mastercard ending in 4444" in html
    changed: Any = sandbox.stripe.subscriptions.retrieve(
        subscription.id, {"expand": ["default_payment_method", "customer"]}
    )
    assert changed.default_payment_method.card.last4 == "4444"
    assert changed.customer.invoice_settings.default_payment_method == changed.default_payment_method.id


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cardNumber": "4000000000000002"}, "Your card was declined."),
        ({"cardNumber": "4242424242424241"}, "Your card number is incorrect."),
        ({"cardCvc": "1"}, "Your card&#39;s security code is invalid."),
        ({"billingName": ""}, "This field is required."),
    ],
)
def test_a_card_that_is_refused_changes_nothing(sandbox: Sandbox, fields: dict[str, str], words: str) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription)
    send(sandbox, f"{path}/card", **{**GOOD, **fields})
    assert words in page(sandbox, f"{path}/card")
    method = sandbox.stripe.subscriptions.retrieve(subscription.id).default_payment_method
    assert method == subscription.default_payment_method


@pytest.mark.parametrize(("outcome", "last4"), [("complete", "3155"), ("fail", "4242")])
def test_a_card_is_challenged_before_it_is_saved(sandbox: Sandbox, outcome: str, last4: str) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription)
    answer = send(sandbox, f"{path}/card", **{**GOOD, "cardNumber": "4000002500003155"})
    assert answer.headers["Location"] == f"{path}/card/challenge"
    assert "confirm your card" in words_of(page(sandbox, f"{path}/card/challenge"))
    send(sandbox, f"{path}/card/challenge", outcome=outcome)
    assert f"Visa ending in {last4}" in page(sandbox, path)


def test_what_is_not_configured_is_not_there(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    path = enter(sandbox, subscription, configuration=configured(sandbox))
    html = page(sandbox, path)
    for words in ("Change plan", "Cancel plan", "Change card"):
        assert words not in html
    send(sandbox, f"{path}/cancel/{subscription.id}")
    assert sandbox.stripe.subscriptions.retrieve(subscription.id).cancel_at is None


def test_a_flow_leads_to_one_action_and_back_to_the_shop(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    flow = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": subscription.id},
        "after_completion": {"type": "redirect", "redirect": {"return_url": f"{RETURN}/bye"}},
    }
    path = enter(sandbox, subscription, flow_data=flow)
    assert sandbox.http.get(path).headers["Location"] == f"{path}/cancel/{subscription.id}"
    answer = send(sandbox, f"{path}/cancel/{subscription.id}")
    assert answer.headers["Location"] == f"{RETURN}/bye"


def test_a_flow_may_end_with_a_message(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    after = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "So long!"}}
    flow = {"type": "payment_method_update", "after_completion": after}
    path = enter(sandbox, subscription, flow_data=flow)
    assert sandbox.http.get(path).headers["Location"] == f"{path}/card"
    assert send(sandbox, f"{path}/card", **GOOD).headers["Location"] == path
    assert "So long!" in page(sandbox, path)


@pytest.mark.parametrize(
    ("flow", "param"),
    [
        ({"type": "subscription_cancel"}, "flow_data[subscription_cancel]"),
        (
            {"type": "subscription_update", "subscription_update": {"subscription": "sub_nobody"}},
            "flow_data[subscription_update][subscription]",
        ),
        (
            {"type": "payment_method_update", "after_completion": {"type": "redirect"}},
            "flow_data[after_completion][redirect]",
        ),
        ({"type": "subscription_update_confirm"}, "flow_data[type]"),
        (
            {"type": "payment_method_update", "after_completion": {"type": "redirect", "redirect": {}}},
            "flow_data[after_completion][redirect]",
        ),
    ],
)
def test_a_flow_must_make_sense(sandbox: Sandbox, flow: Obj, param: str) -> None:
    subscription = subscribe(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        enter(sandbox, subscription, flow_data=flow)
    assert caught.value.param == param


def test_nobody_sees_anothers_subscription(sandbox: Sandbox) -> None:
    mine, another = subscribe(sandbox), subscribe(sandbox)
    path = enter(sandbox, mine)
    for action in ("cancel", "plan", "keep"):
        assert sandbox.http.post(f"{path}/{action}/{another.id}").status_code == 404
    assert sandbox.http.get("/p/session/bps_nobody").status_code == 404


def test_configurations_change_with_their_events(sandbox: Sandbox) -> None:
    made = configured(sandbox, payment_method_update={"enabled": True})
    changed = sandbox.stripe.billing_portal.configurations.update(
        made, {"active": False, "features": {"subscription_cancel": {"enabled": True}}}
    )
    assert changed.features.payment_method_update.enabled is True
    assert changed.features.subscription_cancel.enabled is True
    found = sandbox.stripe.billing_portal.configurations.list({"active": False}).data
    assert [each.id for each in found] == [made]
    assert sandbox.stripe.billing_portal.configurations.retrieve(made).active is False
    assert sandbox.event_types() == [
        *("billing_portal.configuration.created", "billing_portal.configuration.updated")
    ]
    customer = sandbox.stripe.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        sandbox.stripe.billing_portal.sessions.create({"customer": customer.id, "configuration": made})
