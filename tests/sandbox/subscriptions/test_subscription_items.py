"""Items of a subscription: added, changed and removed, with what is due for them."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import event_types_since, history, plan, subscribe

UPDATED = "customer.subscription.updated"


def now(sandbox: Sandbox, subscription: stripe.Subscription) -> Any:
    return sandbox.stripe.subscriptions.retrieve(subscription.id)


def prices(subscription: Any) -> list[tuple[str, int]]:
    return [(item.price.id, item.quantity) for item in subscription["items"].data]


def half_way(sandbox: Sandbox, subscription: stripe.Subscription) -> None:
    item = subscription["items"].data[0]
    middle = (item.current_period_start + item.current_period_end) // 2
    sandbox.advance(middle - sandbox.show("clock")["now"])


def add(sandbox: Sandbox, subscription: stripe.Subscription, price: str, **more: Any) -> Any:
    params: Any = {"subscription": subscription.id, "price": price, **more}
    return sandbox.stripe.subscription_items.create(params)


@pytest.mark.parametrize("way", ["items", "subscription"])
def test_an_added_item_is_listed_first_and_charged_from_then_on(sandbox: Sandbox, way: str) -> None:
    friend, parking = plan(sandbox), plan(sandbox, amount=500, name="Parking")
    subscription = subscribe(sandbox, friend)
    half_way(sandbox, subscription)
    before = len(history(sandbox))
    if way == "items":
        add(sandbox, subscription, parking, quantity=2)
    else:
        params: Any = {"items": [{"price": parking, "quantity": 2}]}
        sandbox.stripe.subscriptions.update(subscription.id, params)

    assert prices(now(sandbox, subscription)) == [(parking, 2), (friend, 1)]
    assert event_types_since(sandbox, before) == [UPDATED]
    lines = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["lines"]["data"]
    assert [(line["amount"], line["quantity"]) for line in lines] == [(500, 2), (1000, 2), (1200, 1)]


def test_an_item_is_a_resource(sandbox: Sandbox) -> None:
    friend, parking = plan(sandbox), plan(sandbox, amount=500, name="Parking")
    subscription = subscribe(sandbox, friend)
    item = add(sandbox, subscription, parking, metadata={"bay": "7"}, proration_behavior="none")
    items = sandbox.stripe.subscription_items

    period = subscription["items"].data[0]
    assert (item.quantity, item.metadata.to_dict(), item.subscription) == (1, {"bay": "7"}, subscription.id)
    assert (item.current_period_end, item.plan.id) == (period.current_period_end, parking)
    assert items.retrieve(item.id).price.id == parking
    listed = items.list({"subscription": subscription.id}).data
    assert [each.id for each in listed] == [item.id, period.id]
    changed = items.update(item.id, {"quantity": 3, "metadata": {"bay": ""}})
    assert (changed.quantity, changed.metadata.to_dict()) == (3, {})
    assert items.delete(item.id, {"proration_behavior": "none"}).to_dict() == {
        "id": item.id,
        "object": "subscription_item",
        "deleted": True,
    }
    assert prices(now(sandbox, subscription)) == [(friend, 1)]


def test_a_removed_item_is_credited(sandbox: Sandbox) -> None:
    friend, parking = plan(sandbox), plan(sandbox, amount=500, name="Parking")
    offered = [{"price": parking, "quantity": 1}, {"price": friend, "quantity": 1}]
    subscription = subscribe(sandbox, line_items=offered)
    assert prices(subscription) == [(parking, 1), (friend, 1)]
    half_way(sandbox, subscription)
    params: Any = {"items": [{"id": subscription["items"].data[0].id, "deleted": True}]}
    sandbox.stripe.subscriptions.update(subscription.id, params)

    renewed = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    assert [line["amount"] for line in renewed["lines"]["data"]] == [-250, 1200]
    assert renewed["lines"]["data"][0]["description"].startswith("Unused time on Parking after ")


def test_another_quantity_is_prorated_and_renews(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, line_items=[{"price": plan(sandbox), "quantity": 2}])
    assert sandbox.stripe.invoices.retrieve(str(subscription.latest_invoice)).amount_paid == 2400
    half_way(sandbox, subscription)
    sandbox.stripe.subscription_items.update(subscription["items"].data[0].id, {"quantity": 3})

    renewed = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    assert [line["amount"] for line in renewed["lines"]["data"]] == [-1200, 1800, 3600]
    assert renewed["lines"]["data"][2]["description"] == "3 × Friend (at €12.00 / month)"


def test_the_interval_changes_with_all_items_at_once(sandbox: Sandbox) -> None:
    friend, parking = plan(sandbox), plan(sandbox, amount=500, name="Parking")
    subscription = subscribe(sandbox, friend)
    add(sandbox, subscription, parking, proration_behavior="none")
    yearly, yearly_parking = plan(sandbox, amount=12000, interval="year"), plan(sandbox, interval="year")
    first, second = now(sandbox, subscription)["items"].data
    update: Any = sandbox.stripe.subscriptions.update
    with pytest.raises(stripe.InvalidRequestError, match="same interval"):
        update(subscription.id, {"items": [{"id": second.id, "price": yearly}]})
    items = [{"id": second.id, "price": yearly}, {"id": first.id, "price": yearly_parking}]
    changed = update(subscription.id, {"items": items, "proration_behavior": "none"})
    assert prices(changed) == [(yearly_parking, 1), (yearly, 1)]
    assert sandbox.stripe.invoices.retrieve(str(changed.latest_invoice)).amount_paid == 13200


def test_a_change_that_must_be_paid_is_taken_back(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card="4000000000000341")
    price, before = plan(sandbox, amount=9000, name="Patron"), history(sandbox)
    more: Any = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
    with pytest.raises(stripe.CardError) as caught:
        add(sandbox, subscription, price, **more)
    assert caught.value.code == "card_declined"
    assert prices(now(sandbox, subscription)) == prices(subscription)
    assert history(sandbox)[len(before) :] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": [{"id": "{item}", "deleted": True}]}, "at least one active plan"),
        ({"items": [{"price": "{price}"}]}, "multiple subscription items with the same plan"),
        ({"items": [{"price": "{yearly}"}]}, "same interval"),
        ({"items": [{"price": "{dollars}"}]}, "expected currency: `eur`"),
        ({"items": [{"price": "{once}"}]}, "type=one_time"),
    ],
)
def test_items_that_do_not_fit_together_are_refused(
    sandbox: Sandbox, change: dict[str, Any], message: str
) -> None:
    price = plan(sandbox)
    subscription = subscribe(sandbox, price)
    once: Any = {"currency": "eur", "unit_amount": 1, "product_data": {"name": "Once"}}
    known = {
        "{item}": subscription["items"].data[0].id,
        "{price}": price,
        "{yearly}": plan(sandbox, interval="year"),
        "{dollars}": plan(sandbox, currency="usd"),
        "{once}": sandbox.stripe.prices.create(once).id,
    }
    items = [{name: known.get(value, value) for name, value in each.items()} for each in change["items"]]
    params: Any = {"items": items}
    with pytest.raises(stripe.InvalidRequestError, match=message):
        sandbox.stripe.subscriptions.update(subscription.id, params)


def test_items_of_nothing_and_of_what_has_ended(sandbox: Sandbox) -> None:
    items = sandbox.stripe.subscription_items
    with pytest.raises(stripe.InvalidRequestError) as caught:
        items.retrieve("si_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    subscription = subscribe(sandbox)
    sandbox.stripe.subscriptions.cancel(subscription.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of `canceled`"):
        items.update(subscription["items"].data[0].id, {"quantity": 2})
