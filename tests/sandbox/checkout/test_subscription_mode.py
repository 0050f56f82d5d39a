"""Checkout in mode ``subscription``: from the session to a subscription that starts or never does."""

import time
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.subscribers import DAY, open_offer, plan, subscribe

BEGUN = [
    *("customer.created", "customer.subscription.created", "charge.succeeded", "payment_method.attached"),
    *("payment_intent.succeeded", "payment_intent.created", "customer.subscription.updated"),
    *("invoice.created", "invoice.finalized", "invoice.updated", "invoice.paid"),
    *("invoice.payment_succeeded", "invoice_payment.paid", "checkout.session.completed"),
]


def refusal(sandbox: Sandbox, **changes: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_offer(sandbox, **changes)
    return caught.value


def test_an_open_session_shows_nothing_of_the_subscription_yet(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)

    assert (session.mode, session.status, session.payment_status) == ("subscription", "open", "unpaid")
    assert (session.subscription, session.invoice, session.customer, session.payment_intent) == (None,) * 4
    assert (session.amount_total, session.customer_creation) == (1200, "always")
    assert session.payment_method_types == ["card"]
    assert sandbox.stripe.subscriptions.list().data == []


def test_paying_begins_a_subscription(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    answer = sandbox.pay(session.id)
    done: Any = sandbox.session(session.id, "subscription", "invoice", "customer")
    subscription, invoice = done.subscription, done.invoice

    assert answer["outcome"] == "paid"
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "paid", None)
    assert subscription.status == "active"
    assert subscription.metadata.to_dict() == {"membership": "m1"}
    assert subscription.customer == done.customer.id
    assert done.customer.email == "ada@example.com"
    assert subscription.latest_invoice == invoice.id
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == (
        "paid",
        1200,
        "subscription_create",
    )
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata.to_dict() == {"membership": "m1"}


def test_the_events_come_in_stripes_order(sandbox: Sandbox) -> None:
    price = plan(sandbox)
    before = len(sandbox.events())
    session = open_offer(sandbox, price)
    sandbox.pay(session.id)

    events = sandbox.events()[before:]
    told = {event["type"]: event["data"] for event in events}
    assert [event["type"] for event in events] == BEGUN
    assert told["customer.subscription.created"]["object"]["status"] == "incomplete"
    assert told["customer.subscription.updated"]["previous_attributes"]["status"] == "incomplete"
    assert told["invoice.created"]["object"]["status"] == "draft"
    assert told["invoice.finalized"]["object"]["status"] == "open"
    assert told["invoice.updated"]["previous_attributes"]["status"] == "open"
    assert told["checkout.session.completed"]["object"]["subscription"].startswith("sub_")


def test_the_period_is_on_the_item_and_lasts_a_month(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    item = subscription.items.data[0]

    assert "current_period_end" not in subscription
    assert item.current_period_start == subscription.start_date == subscription.billing_cycle_anchor
    assert 28 * DAY <= item.current_period_end - item.current_period_start <= 31 * DAY


def test_the_card_that_paid_is_the_subscriptions_own(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    expanded: Any = sandbox.stripe.subscriptions.retrieve(
        subscription.id, {"expand": ["default_payment_method", "latest_invoice.payments", "items.data.price"]}
    )
    method = expanded.default_payment_method

    assert (method.card.last4, method.customer) == ("4242", subscription.customer)
    assert [m.id for m in sandbox.stripe.customers.payment_methods.list(str(subscription.customer)).data] == [
        method.id
    ]
    payment = expanded.latest_invoice.payments.data[0]
    intent = sandbox.stripe.payment_intents.retrieve(payment.payment.payment_intent)
    assert (payment.status, intent.status, intent.amount) == ("paid", "succeeded", 1200)
    assert expanded["items"].data[0].price.recurring.interval == "month"


def test_a_customer_of_the_shop_stays_the_same(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"})
    session = open_offer(sandbox, customer=customer.id, customer_email=None)
    sandbox.pay(session.id)

    assert sandbox.session(session.id).customer == customer.id
    assert [each.id for each in sandbox.stripe.customers.list().data] == [customer.id]


def test_a_declined_card_leaves_the_session_open_and_the_subscription_incomplete(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    declined = sandbox.pay(session.id, card="4000000000000002")
    begun = sandbox.stripe.subscriptions.list().data

    assert (declined["outcome"], declined["session"]["status"]) == ("declined", "open")
    assert declined["session"]["subscription"] is None
    assert [each.status for each in begun] == ["incomplete"]
    assert sandbox.event_types()[1:] == [
        *("customer.created", "customer.subscription.created", "payment_intent.created", "charge.failed"),
        *("payment_intent.payment_failed", "invoice.created", "invoice.finalized", "invoice.updated"),
        "invoice.payment_failed",
    ]

    assert sandbox.pay(session.id)["session"]["subscription"] == begun[0].id
    assert len(sandbox.stripe.customers.list().data) == 1
    assert [each.status for each in sandbox.stripe.invoices.list().data] == ["paid"]
    assert len(sandbox.stripe.payment_intents.list().data) == 1


def test_what_never_begins_expires_after_23_hours(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    sandbox.pay(session.id, card="4000000000000002")
    begun = sandbox.stripe.subscriptions.list().data[0]
    sandbox.advance(23 * 3_600)

    assert sandbox.stripe.subscriptions.retrieve(begun.id).status == "incomplete_expired"
    assert sandbox.stripe.invoices.retrieve(str(begun.latest_invoice)).status == "void"
    assert sandbox.session(session.id).status == "open"
    assert sandbox.pay(session.id)["session"]["subscription"] != begun.id


def test_an_expired_session_gives_up_what_it_began(sandbox: Sandbox) -> None:
    session = open_offer(sandbox, expires_at=int(time.time()) + 31 * 60)
    sandbox.pay(session.id, card="4000000000000002")
    begun = sandbox.stripe.subscriptions.list().data[0]
    sandbox.advance(32 * 60)

    assert sandbox.session(session.id).status == "expired"
    assert sandbox.stripe.subscriptions.retrieve(begun.id).status == "incomplete_expired"
    assert [intent.status for intent in sandbox.stripe.payment_intents.list().data] == ["canceled"]
    assert sandbox.pay(session.id)["outcome"] == "not_open"


def test_a_late_payment_begins_a_subscription_of_an_expired_session(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    sandbox.stripe.checkout.sessions.expire(session.id)
    late = sandbox.pay(session.id, late=True)

    assert (late["outcome"], late["session"]["status"]) == ("paid", "complete")
    assert sandbox.stripe.subscriptions.retrieve(late["session"]["subscription"]).status == "active"


@pytest.mark.parametrize("ok", [True, False])
def test_3d_secure_comes_before_the_first_payment(sandbox: Sandbox, ok: bool) -> None:
    session = open_offer(sandbox)
    asked = sandbox.pay(session.id, card="4000002760003184")
    intent = sandbox.stripe.payment_intents.list().data[0]
    answered = sandbox.control(f"sessions/{session.id}/complete_3ds", ok=ok)

    assert (asked["outcome"], intent.status) == ("requires_action", "requires_action")
    assert answered["outcome"] == ("paid" if ok else "declined")
    assert answered["session"]["status"] == ("complete" if ok else "open")
    statuses = [each.status for each in sandbox.stripe.subscriptions.list().data]
    assert statuses == ["active" if ok else "incomplete"]


def test_a_trial_costs_nothing_yet(sandbox: Sandbox) -> None:
    session = open_offer(sandbox, subscription_data={"trial_period_days": 14})
    assert session.amount_total == 0
    sandbox.pay(session.id)
    done: Any = sandbox.session(session.id, "subscription.latest_invoice")
    subscription = done.subscription

    assert done.payment_status == "no_payment_required"
    assert subscription.status == "trialing"
    assert subscription.trial_end - subscription.trial_start == 14 * DAY
    assert subscription["items"].data[0].current_period_end == subscription.trial_end
    assert (subscription.latest_invoice.amount_due, subscription.latest_invoice.status) == (0, "paid")
    assert subscription.default_payment_method is not None
    assert sandbox.stripe.charges.list().data == []


@pytest.mark.parametrize("card", ["4000000000000002", "4000008400001629"])
def test_no_trial_begins_with_a_card_that_is_refused(sandbox: Sandbox, card: str) -> None:
    session = open_offer(sandbox, subscription_data={"trial_period_days": 14})
    answer = sandbox.pay(session.id, card=card)

    assert answer["outcome"] == "declined"
    assert sandbox.stripe.subscriptions.list().data == []


def test_a_trial_asks_for_3d_secure_too(sandbox: Sandbox) -> None:
    session = open_offer(sandbox, subscription_data={"trial_period_days": 14})
    assert sandbox.pay(session.id, card="4000002500003155")["outcome"] == "requires_action"
    assert sandbox.stripe.subscriptions.list().data == []
    done = sandbox.control(f"sessions/{session.id}/complete_3ds", ok=True)
    assert sandbox.stripe.subscriptions.retrieve(done["session"]["subscription"]).status == "trialing"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"line_items": order()["line_items"]}, "line_items"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        ({"customer_creation": "always"}, "customer_creation"),
        ({"subscription_data": {"trial_period_days": 1, "trial_end": 1}}, "subscription_data[trial_end]"),
        ({"subscription_data": {"trial_end": int(time.time()) + DAY}}, "subscription_data[trial_end]"),
        ({"subscription_data": {"trial_period_days": 0}}, "subscription_data[trial_period_days]"),
        ({"subscription_data": {"billing_cycle_anchor": 1}}, "subscription_data[billing_cycle_anchor]"),
        ({"mode": "payment"}, "line_items[0][price]"),
    ],
)
def test_what_stripe_refuses_is_refused(sandbox: Sandbox, changes: dict[str, Any], param: str) -> None:
    assert refusal(sandbox, **changes).param == param


def test_prices_of_different_intervals_are_not_sold_together(sandbox: Sandbox) -> None:
    prices = [plan(sandbox), plan(sandbox, interval="year")]
    error = refusal(sandbox, line_items=[{"price": price, "quantity": 1} for price in prices])
    assert error.param == "line_items"


def test_subscription_data_belongs_to_subscriptions(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.open_session(subscription_data={"metadata": {"a": "b"}})
    assert caught.value.param == "subscription_data"


def test_a_repeated_request_opens_one_session(sandbox: Sandbox) -> None:
    price = plan(sandbox)
    first, second = (
        sandbox.stripe.checkout.sessions.create(
            {
                "mode": "subscription",
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": "http://shop.test/member",
            },
            {"idempotency_key": "membership-1"},
        )
        for _ in range(2)
    )
    assert first.id == second.id


def test_a_subscriptions_payment_is_refunded_and_disputed_like_any_other(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    sandbox.pay(session.id)
    dispute = sandbox.control(f"sessions/{session.id}/dispute")
    intent = sandbox.stripe.payment_intents.list().data[0]
    assert (dispute["payment_intent"], dispute["amount"]) == (intent.id, 1200)

    subscribe(sandbox)
    latest = sandbox.stripe.payment_intents.list({"limit": 1}).data[0]
    refund = sandbox.stripe.refunds.create({"payment_intent": latest.id, "amount": 500})
    assert (refund.status, sandbox.stripe.charges.retrieve(str(latest.latest_charge)).amount_refunded) == (
        "succeeded",
        500,
    )


def test_sessions_are_found_by_their_subscription(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    subscribe(sandbox)
    found = sandbox.stripe.checkout.sessions.list({"subscription": subscription.id}).data
    assert [each.subscription for each in found] == [subscription.id]
