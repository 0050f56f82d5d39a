"""Subscriptions over the API: lists, changes, prorations, cancellations."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import (
    DAY,
    event_types_since,
    history,
    open_offer,
    plan,
    status_of,
    subscribe,
)


def change(sandbox: Sandbox, subscription: stripe.Subscription, **params: Any) -> Any:
    given: Any = params
    return sandbox.stripe.subscriptions.update(subscription.id, given)


def to_plan(sandbox: Sandbox, subscription: stripe.Subscription, price: str, **more: Any) -> Any:
    item = subscription["items"].data[0].id
    return change(sandbox, subscription, items=[{"id": item, "price": price}], **more)


def half_way(sandbox: Sandbox, subscription: stripe.Subscription) -> None:
    item = subscription["items"].data[0]
    middle = (item.current_period_start + item.current_period_end) // 2
    sandbox.advance(middle - sandbox.show("clock")["now"])


def last_previous(sandbox: Sandbox) -> Any:
    """Return ``previous_attributes`` of the last update of a subscription."""
    told = [event for event in history(sandbox) if event["type"] == "customer.subscription.updated"]
    return told[-1]["data"]["previous_attributes"]


def test_lists_filter_by_customer_status_and_price(sandbox: Sandbox) -> None:
    price = plan(sandbox)
    first, second, third = subscribe(sandbox, price), subscribe(sandbox, price), subscribe(sandbox)
    sandbox.stripe.subscriptions.cancel(third.id)
    found = sandbox.stripe.subscriptions.list

    assert [each.id for each in found().data] == [second.id, first.id]
    assert [each.id for each in found({"customer": str(first.customer)}).data] == [first.id]
    assert [each.id for each in found({"status": "canceled"}).data] == [third.id]
    assert [each.id for each in found({"status": "ended"}).data] == [third.id]
    assert [each.id for each in found({"status": "all"}).data] == [third.id, second.id, first.id]
    assert [each.id for each in found({"status": "active", "price": price}).data] == [second.id, first.id]
    invoices = sandbox.stripe.invoices.list({"customer": str(first.customer), "status": "paid"}).data
    assert [each.id for each in invoices] == [first.latest_invoice]


def test_an_unknown_subscription_is_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.subscriptions.retrieve("sub_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.user_message == "No such subscription: 'sub_nobody'"


def test_metadata_and_description_change(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    changed = change(sandbox, subscription, metadata={"membership": "", "b": "2"}, description="Friends")
    assert (changed.metadata.to_dict(), changed.description) == ({"b": "2"}, "Friends")
    assert last_previous(sandbox) == {"metadata": {"membership": "m1", "b": None}, "description": None}
    before = len(history(sandbox))
    change(sandbox, subscription, metadata={"b": "2"})
    assert len(history(sandbox)) == before


def test_canceling_at_the_end_of_the_period(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    end = subscription["items"].data[0].current_period_end
    details = {"comment": "Too far away", "feedback": "other"}
    ending = change(sandbox, subscription, cancel_at_period_end=True, cancellation_details=details)

    assert (ending.status, ending.cancel_at_period_end, ending.cancel_at) == ("active", True, end)
    assert ending.canceled_at is not None
    assert ending.cancellation_details.to_dict() == {
        **details,
        "feedback_option": None,
        "reason": "cancellation_requested",
    }
    sandbox.advance(end - sandbox.show("clock")["now"])
    ended = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.ended_at, ended.canceled_at) == ("canceled", end, ending.canceled_at)
    assert history(sandbox)[-1]["type"] == "customer.subscription.deleted"
    assert len(sandbox.stripe.invoices.list().data) == 1


def test_a_cancellation_can_be_undone_before_it_comes(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    change(sandbox, subscription, cancel_at_period_end=True)
    kept = change(sandbox, subscription, cancel_at_period_end=False)

    assert (kept.cancel_at_period_end, kept.cancel_at, kept.canceled_at) == (False, None, None)
    assert kept.cancellation_details.reason is None
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    assert status_of(sandbox, subscription) == "active"


def test_canceling_at_a_day_of_ones_own(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    at = subscription.start_date + 10 * DAY
    assert change(sandbox, subscription, cancel_at=at).cancel_at == at
    sandbox.advance(10 * DAY)
    ended = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", at)


def test_in_the_portal_a_customer_cancels_by_cancel_at_alone(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    end = subscription["items"].data[0].current_period_end
    flexible = sandbox.control(f"subscriptions/{subscription.id}/cancel")["subscription"]
    assert (flexible["cancel_at_period_end"], flexible["cancel_at"]) == (False, end)
    sandbox.control(f"subscriptions/{subscription.id}/keep")
    sandbox.control("billing", portal_cancels_by="cancel_at_period_end")
    classic = sandbox.control(f"subscriptions/{subscription.id}/cancel")["subscription"]
    assert (classic["cancel_at_period_end"], classic["cancel_at"]) == (True, end)


def test_canceling_now_ends_it_for_good(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    before = len(history(sandbox))
    ended = sandbox.stripe.subscriptions.cancel(
        subscription.id, {"cancellation_details": {"feedback": "unused"}}
    )
    assert ended.status == "canceled"
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.feedback == "unused"
    assert ended.ended_at == ended.canceled_at
    assert event_types_since(sandbox, before) == ["customer.subscription.deleted"]

    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.subscriptions.cancel(subscription.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError, match="can only update its cancellation_details"):
        change(sandbox, subscription, cancel_at_period_end=True)
    assert change(sandbox, subscription, metadata={"a": "b"}).metadata.a == "b"


def test_canceling_what_is_owed_stops_its_collection(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card="4000000000000341")
    owed = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["id"]
    sandbox.stripe.subscriptions.cancel(subscription.id)
    invoice = sandbox.stripe.invoices.retrieve(owed)
    assert (invoice.status, invoice.auto_advance, invoice.next_payment_attempt) == ("open", False, None)


def test_canceling_what_never_began_expires_it(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    sandbox.pay(session.id, card="4000000000000002")
    begun = sandbox.stripe.subscriptions.list().data[0]
    with pytest.raises(stripe.InvalidRequestError, match="first payment is incomplete"):
        change(sandbox, begun, cancel_at_period_end=True)
    assert sandbox.stripe.subscriptions.cancel(begun.id).status == "incomplete_expired"


def test_another_plan_without_proration_costs_more_from_the_next_period_on(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    patron = plan(sandbox, amount=3000, name="Patron")
    changed = to_plan(sandbox, subscription, patron, proration_behavior="none")
    item = changed["items"].data[0]

    assert (item.price.id, item.plan.id) == (patron, patron)
    assert item.current_period_end == subscription["items"].data[0].current_period_end
    assert last_previous(sandbox)["items"]["data"][0]["price"]["unit_amount"] == 1200
    renewed = sandbox.control(f"subscriptions/{subscription.id}/renew")
    assert renewed["invoice"]["amount_paid"] == 3000


def test_prorations_go_to_the_next_invoice(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    to_plan(sandbox, subscription, plan(sandbox, amount=3000, name="Patron"))
    assert len(sandbox.stripe.invoices.list().data) == 1

    lines = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["lines"]["data"]
    assert [line["amount"] for line in lines] == [-600, 1500, 3000]
    assert [line["parent"]["subscription_item_details"]["proration"] for line in lines] == [
        *(True, True, False)
    ]
    assert lines[0]["description"].startswith("Unused time on Friend after ")
    assert lines[1]["description"].startswith("Remaining time on Patron after ")


def test_prorations_can_be_paid_at_once(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    price = plan(sandbox, amount=3000, name="Patron")
    to_plan(sandbox, subscription, price, proration_behavior="always_invoice")
    invoice = sandbox.stripe.invoices.list({"limit": 1}).data[0]

    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == (
        "subscription_update",
        "paid",
        900,
    )
    assert sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["amount_paid"] == 3000


def test_a_cheaper_plan_leaves_a_credit_for_later_invoices(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, plan(sandbox, amount=4000))
    half_way(sandbox, subscription)
    price = plan(sandbox, amount=1000, name="Friend")
    to_plan(sandbox, subscription, price, proration_behavior="always_invoice")
    credit = sandbox.stripe.invoices.list({"limit": 1}).data[0]
    assert (credit.total, credit.amount_due, credit.ending_balance, credit.status) == (
        -1500,
        0,
        -1500,
        "paid",
    )
    assert sandbox.stripe.customers.retrieve(str(subscription.customer)).balance == -1500

    first = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    assert (first["total"], first["amount_due"], first["ending_balance"]) == (1000, 0, -500)
    second = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    assert (second["total"], second["amount_paid"], second["ending_balance"]) == (1000, 500, 0)


def test_another_interval_begins_a_period_now(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    price, before = plan(sandbox, amount=12000, interval="year"), len(history(sandbox))
    yearly = to_plan(sandbox, subscription, price)
    item = yearly["items"].data[0]
    invoice = sandbox.stripe.invoices.retrieve(str(yearly.latest_invoice))

    assert yearly.billing_cycle_anchor == item.current_period_start
    assert 365 * DAY <= item.current_period_end - item.current_period_start <= 366 * DAY
    assert [line.amount for line in invoice.lines.data] == [-600, 12000]
    assert (invoice.status, invoice.amount_paid) == ("paid", 11400)
    assert event_types_since(sandbox, before, "customer.subscription") == ["customer.subscription.updated"]
    assert set(last_previous(sandbox)) == {"billing_cycle_anchor", "items", "latest_invoice"}


def test_a_change_that_cannot_be_paid_leaves_it_past_due(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card="4000000000000341")
    changed = to_plan(sandbox, subscription, plan(sandbox, amount=12000, interval="year"))
    assert changed.status == "past_due"


def test_a_trial_can_be_ended_lengthened_and_given(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, subscription_data={"trial_period_days": 14})
    longer = change(sandbox, subscription, trial_end=subscription.start_date + 30 * DAY)
    assert longer.trial_end == subscription.start_date + 30 * DAY
    assert longer["items"].data[0].current_period_end == longer.trial_end
    sandbox.advance(20 * DAY)
    ended = change(sandbox, subscription, trial_end="now")
    assert (ended.status, ended.trial_end) == ("active", ended.billing_cycle_anchor)
    sandbox.advance(3_600)
    assert sandbox.stripe.invoices.retrieve(str(ended.latest_invoice)).amount_paid == 1200
    given = change(sandbox, subscription, trial_end=ended.trial_end + 90 * DAY)
    assert given.status == "trialing"


def test_a_payment_method_must_be_the_customers_own(sandbox: Sandbox) -> None:
    first, second = subscribe(sandbox), subscribe(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        change(sandbox, first, default_payment_method=str(second.default_payment_method))
    assert (caught.value.param, caught.value.code) == ("default_payment_method", "resource_missing")
    method = str(first.default_payment_method)
    assert change(sandbox, first, default_payment_method=method).default_payment_method == method


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"items": [{"price": "price_nobody"}]}, "items[0][price]"),
        ({"items": [{"quantity": 2}]}, "items[0][price]"),
        ({"items": [{"deleted": True}]}, "items[0][id]"),
        ({"collection_method": "send_invoice"}, "days_until_due"),
        ({"days_until_due": 14}, "days_until_due"),
        ({"payment_behavior": "pending_if_incomplete"}, "payment_behavior"),
        ({"items": [{"id": "si_nobody", "quantity": 2}]}, "items[0][id]"),
        ({"cancel_at": 1}, "cancel_at"),
        ({"cancel_at": "someday"}, "cancel_at"),
        ({"trial_end": 1}, "trial_end"),
        ({"pause_collection": {"behavior": "sulk"}}, "pause_collection[behavior]"),
        ({"pause_collection": {}}, None),
        ({"cancellation_details": {"feedback": "bored"}}, "cancellation_details[feedback]"),
        ({"billing_cycle_anchor": {"type": "now"}}, "billing_cycle_anchor"),
        ({"bogus": "1"}, "bogus"),
    ],
)
def test_what_stripe_refuses_is_refused(sandbox: Sandbox, params: dict[str, Any], param: str | None) -> None:
    subscription = subscribe(sandbox)
    if param is None:
        change(sandbox, subscription, **params)  # An empty hash is not sent at all.
        return
    with pytest.raises(stripe.InvalidRequestError) as caught:
        change(sandbox, subscription, **params)
    assert caught.value.param == param


@pytest.mark.parametrize("currency", ["usd", "eur"])
def test_a_plan_must_recur_in_the_same_currency(sandbox: Sandbox, currency: str) -> None:
    subscription = subscribe(sandbox)
    more: Any = {"recurring": {"interval": "month"}} if currency == "usd" else {}
    params: Any = {"currency": currency, "unit_amount": 500, "product_data": {"name": "Other"}, **more}
    price = sandbox.stripe.prices.create(params).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        to_plan(sandbox, subscription, price)
    assert caught.value.param == "items[0][price]"


def test_two_ends_exclude_each_other(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        change(sandbox, subscription, cancel_at=2_000_000_000, cancel_at_period_end=True)
    assert caught.value.code == "parameters_exclusive"
