"""Previews of invoices equal what is charged afterwards."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import DAY, history, plan, subscribe


def preview(sandbox: Sandbox, **params: Any) -> Any:
    given: Any = params
    return sandbox.stripe.invoices.create_preview(given)


def lines_of(invoice: Any) -> list[int]:
    return [line.amount for line in invoice.lines.data]


def item_of(subscription: stripe.Subscription) -> str:
    return str(subscription["items"].data[0].id)


def half_way(sandbox: Sandbox, subscription: stripe.Subscription) -> None:
    item = subscription["items"].data[0]
    middle = (item.current_period_start + item.current_period_end) // 2
    sandbox.advance(middle - sandbox.show("clock")["now"])


def renewed(sandbox: Sandbox, subscription: stripe.Subscription) -> Obj:
    invoice: Obj = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    return invoice


def test_the_next_invoice_is_previewed(sandbox: Sandbox) -> None:
    price = plan(sandbox)
    subscription = subscribe(sandbox, line_items=[{"price": price, "quantity": 3}])
    seen = history(sandbox)
    shown = preview(sandbox, subscription=subscription.id)
    end = subscription["items"].data[0].current_period_end

    assert shown.id.startswith("upcoming_in_")
    assert (shown.amount_due, shown.status, shown.period_end, shown.created) == (3600, "draft", end, end)
    assert shown.lines.data[0].period.start == end
    assert shown.parent.subscription_details.subscription == subscription.id
    assert history(sandbox) == seen
    assert len(sandbox.stripe.invoices.list().data) == 1
    assert renewed(sandbox, subscription)["amount_due"] == 3600


@pytest.mark.parametrize("behavior", ["create_prorations", "none", "always_invoice"])
def test_a_change_costs_what_its_preview_says(sandbox: Sandbox, behavior: str) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    changes: Any = {
        "items": [{"id": item_of(subscription), "price": plan(sandbox, amount=3000), "quantity": 2}],
        "proration_behavior": behavior,
    }
    shown = preview(sandbox, subscription=subscription.id, subscription_details=changes)
    recurring = preview(
        sandbox, subscription=subscription.id, subscription_details=changes, preview_mode="recurring"
    )
    before = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert before["items"].data[0].quantity == 1

    changed = sandbox.stripe.subscriptions.update(subscription.id, changes)
    if behavior == "always_invoice":
        charged: Any = sandbox.stripe.invoices.retrieve(str(changed.latest_invoice))
    else:
        charged = sandbox.stripe.invoices.retrieve(renewed(sandbox, subscription)["id"])
    assert (lines_of(shown), shown.amount_due) == (lines_of(charged), charged.amount_due)
    assert lines_of(recurring) == [6000]


def test_another_interval_is_due_now(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    yearly = plan(sandbox, amount=12000, interval="year")
    changes: Any = {"items": [{"id": item_of(subscription), "price": yearly}]}
    shown = preview(sandbox, subscription=subscription.id, subscription_details=changes)
    changed = sandbox.stripe.subscriptions.update(subscription.id, changes)
    assert lines_of(shown) == [-600, 12000]
    assert lines_of(sandbox.stripe.invoices.retrieve(str(changed.latest_invoice))) == [-600, 12000]


def test_an_add_on_is_previewed(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    changes = {"items": [{"price": plan(sandbox, amount=500)}], "proration_behavior": "none"}
    shown = preview(sandbox, subscription=subscription.id, subscription_details=changes)
    assert lines_of(shown) == [500, 1200]


def test_a_credit_comes_off(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, plan(sandbox, amount=4000))
    half_way(sandbox, subscription)
    cheaper: Any = {"items": [{"id": item_of(subscription), "price": plan(sandbox, amount=1000)}]}
    sandbox.stripe.subscriptions.update(subscription.id, {**cheaper, "proration_behavior": "always_invoice"})
    shown = preview(sandbox, subscription=subscription.id)
    assert (shown.total, shown.starting_balance, shown.amount_due) == (1000, -1500, 0)


def test_a_trial_is_followed_by_the_price(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, subscription_data={"trial_period_days": 14})
    shown = preview(sandbox, subscription=subscription.id)
    assert (shown.amount_due, shown.created) == (1200, subscription.trial_end)
    now = preview(sandbox, subscription=subscription.id, subscription_details={"trial_end": "now"})
    assert (now.amount_due, now.created < subscription.start_date + DAY) == (1200, True)


def test_a_new_subscription_is_previewed(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"}).id
    items = [{"price": plan(sandbox, amount=500), "quantity": 2}, {"price": plan(sandbox)}]
    shown = preview(sandbox, customer=customer, subscription_details={"items": items})
    assert (lines_of(shown), shown.amount_due, shown.customer) == ([1000, 1200], 2200, customer)
    assert sandbox.stripe.subscriptions.list({"status": "all"}).data == []


@pytest.mark.parametrize("how", ["cancel", "portal", "asked", "paused"])
def test_what_ends_has_no_next_invoice(sandbox: Sandbox, how: str) -> None:
    subscription = subscribe(sandbox)
    details: Any = {}
    if how == "cancel":
        sandbox.stripe.subscriptions.cancel(subscription.id)
    elif how == "asked":
        details = {"subscription_details": {"cancel_at_period_end": True}}
    else:
        sandbox.control(f"subscriptions/{subscription.id}/{'cancel' if how == 'portal' else 'pause'}")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        preview(sandbox, subscription=subscription.id, **details)
    assert (caught.value.http_status, caught.value.code) == (404, "invoice_upcoming_none")
    assert caught.value.user_message == f"No upcoming invoices for customer: {subscription.customer}"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "customer"),
        ({"subscription": "sub_nobody"}, "subscription"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"discounts": [{"coupon": "NOBODY"}]}, "discounts[0][coupon]"),
        ({"subscription_details": {"items": [{"price": "price_nobody"}]}}, "items[0][price]"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax"),
    ],
)
def test_what_cannot_be_previewed_is_refused(sandbox: Sandbox, params: Obj, param: str) -> None:
    if params and not {"customer", "subscription"} & set(params):
        params = {"subscription": subscribe(sandbox).id, **params}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        preview(sandbox, **params)
    assert caught.value.param == param


def test_the_old_address_of_upcoming_invoices_is_gone(sandbox: Sandbox) -> None:
    gone = sandbox.api("GET", "/v1/invoices/upcoming")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "resource_missing")
