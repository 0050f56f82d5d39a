"""Subscriptions that the API or the Dashboard creates for a customer."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import DAY, event_types_since, history, plan, status_of, subscribe

CREATED, UPDATED = "customer.subscription.created", "customer.subscription.updated"
OPENED = [CREATED, "invoice.created", "invoice.finalized"]
DECLINED = ["invoice.updated", "invoice.payment_failed"]


def customer(sandbox: Sandbox, card: str | None = "4242424242424242") -> str:
    """Return a customer; their card, if any, was saved with a subscription that has ended."""
    if card is None:
        return sandbox.stripe.customers.create({"email": "ada@example.com"}).id
    subscription = subscribe(sandbox)
    sandbox.control(f"subscriptions/{subscription.id}/card", card=card)
    sandbox.stripe.subscriptions.cancel(subscription.id)
    return str(subscription.customer)


def create(sandbox: Sandbox, customer_id: str, price: str, **more: Any) -> Any:
    params: Any = {"customer": customer_id, "items": [{"price": price}], **more}
    return sandbox.stripe.subscriptions.create(params)


def invoice_of(sandbox: Sandbox, subscription: Any) -> stripe.Invoice:
    return sandbox.stripe.invoices.retrieve(str(subscription.latest_invoice))


def test_a_customer_with_a_card_is_charged_at_once(sandbox: Sandbox) -> None:
    who, price = customer(sandbox), plan(sandbox)
    before = len(history(sandbox))
    made = create(sandbox, who, price, metadata={"membership": "m2"}, description="Friends")

    assert (made.status, made.customer, made.description) == ("active", who, "Friends")
    assert (made.metadata.to_dict(), made.collection_method) == ({"membership": "m2"}, "charge_automatically")
    assert event_types_since(sandbox, before) == [
        *OPENED,
        *("invoice.updated", "invoice.paid", UPDATED, "invoice.payment_succeeded"),
    ]
    invoice = invoice_of(sandbox, made)
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == (
        "subscription_create",
        "paid",
        1200,
    )
    renewed = sandbox.control(f"subscriptions/{made.id}/renew")
    assert renewed["invoice"]["amount_paid"] == 1200


def test_an_add_on_comes_first_and_counts_by_its_quantity(sandbox: Sandbox) -> None:
    friend, parking = plan(sandbox), plan(sandbox, amount=500, name="Parking")
    items = [{"price": parking, "quantity": 3, "metadata": {"bay": "7"}}, {"price": friend}]
    made = create(sandbox, customer(sandbox), friend, items=items)

    assert [(item.price.id, item.quantity) for item in made["items"].data] == [(parking, 3), (friend, 1)]
    assert made["items"].data[0].metadata.to_dict() == {"bay": "7"}
    assert [line.amount for line in invoice_of(sandbox, made).lines.data] == [1500, 1200]


def test_staff_create_one_in_the_dashboard(sandbox: Sandbox) -> None:
    who, price = customer(sandbox), plan(sandbox)
    made = sandbox.control("subscriptions", customer=who, price=price, quantity=2, metadata={"a": "b"})
    assert (made["subscription"]["status"], made["invoice"]["amount_paid"]) == ("active", 2400)
    assert made["subscription"]["metadata"] == {"a": "b"}
    assert history(sandbox)[-1]["request"] == {"id": None, "idempotency_key": None}
    refused = sandbox.http.post("/_sandbox/subscriptions", json={"customer": who, "price": "price_nobody"})
    assert (refused.status_code, "No such price" in refused.json()["error"]) == (400, True)


def test_a_declined_card_leaves_it_incomplete(sandbox: Sandbox) -> None:
    who, price = customer(sandbox, "4000000000000341"), plan(sandbox)
    before = len(history(sandbox))
    made = create(sandbox, who, price)
    assert (made.status, invoice_of(sandbox, made).status) == ("incomplete", "open")
    assert event_types_since(sandbox, before) == [*OPENED, *DECLINED]
    sandbox.advance(23 * 3_600)
    assert status_of(sandbox, made) == "incomplete_expired"


def test_an_error_if_incomplete_leaves_nothing(sandbox: Sandbox) -> None:
    who, price = customer(sandbox, "4000000000000341"), plan(sandbox)
    before = len(history(sandbox))
    with pytest.raises(stripe.CardError) as caught:
        create(sandbox, who, price, payment_behavior="error_if_incomplete")
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    assert history(sandbox)[before:] == []
    assert sandbox.stripe.subscriptions.list({"customer": who}).data == []


def test_a_default_incomplete_waits_for_the_customer(sandbox: Sandbox) -> None:
    made = create(sandbox, customer(sandbox, None), plan(sandbox), payment_behavior="default_incomplete")
    assert (made.status, invoice_of(sandbox, made).status) == ("incomplete", "open")


def test_without_a_card_nothing_is_created(sandbox: Sandbox) -> None:
    who, price = customer(sandbox, None), plan(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source") as caught:
        create(sandbox, who, price)
    assert caught.value.code == "resource_missing"
    assert create(sandbox, who, plan(sandbox, amount=0)).status == "active"


def test_a_trial_needs_no_card_yet(sandbox: Sandbox) -> None:
    made = create(sandbox, customer(sandbox, None), plan(sandbox), trial_period_days=14)
    assert (made.status, invoice_of(sandbox, made).amount_due) == ("trialing", 0)
    assert made.trial_end == made.start_date + 14 * DAY


def test_it_can_end_from_the_start(sandbox: Sandbox) -> None:
    made = create(sandbox, customer(sandbox), plan(sandbox), cancel_at_period_end=True)
    assert (made.cancel_at_period_end, made.cancel_at) == (True, made["items"].data[0].current_period_end)


def test_an_invoice_is_sent_and_paid_by_its_due_date(sandbox: Sandbox) -> None:
    who, price = customer(sandbox, None), plan(sandbox)
    before = len(history(sandbox))
    made = create(sandbox, who, price, collection_method="send_invoice", days_until_due=14)
    assert (made.status, made.days_until_due, invoice_of(sandbox, made).status) == ("active", 14, "draft")
    sandbox.advance(3_600)

    invoice = invoice_of(sandbox, made)
    assert invoice.status_transitions.finalized_at is not None
    assert (invoice.status, invoice.collection_method) == ("open", "send_invoice")
    assert invoice.due_date == invoice.status_transitions.finalized_at + 14 * DAY
    assert event_types_since(sandbox, before) == [*OPENED[:2], "invoice.finalized", "invoice.sent"]
    sandbox.advance(14 * DAY)
    assert status_of(sandbox, made) == "past_due"
    sandbox.stripe.invoices.pay(invoice.id, {"paid_out_of_band": True})
    assert status_of(sandbox, made) == "active"
    renewed: Obj = sandbox.control(f"subscriptions/{made.id}/renew")["invoice"]
    assert (renewed["status"], renewed["collection_method"], renewed["attempted"]) == (
        *("open", "send_invoice"),
        False,
    )


def test_invoices_are_sent_from_now_on(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    params: Any = {"collection_method": "send_invoice", "days_until_due": 7}
    assert sandbox.stripe.subscriptions.update(subscription.id, params).days_until_due == 7
    assert sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["status"] == "open"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"customer": "cus_nobody"}, "customer"),
        ({"items": [{"price": "price_nobody"}]}, "items[0][price]"),
        ({"items": [{}]}, "items"),
        ({"currency": "usd"}, "items[0][price]"),
        ({"collection_method": "send_invoice"}, "days_until_due"),
        ({"days_until_due": 3}, "days_until_due"),
        ({"trial_end": 1}, "trial_end"),
        ({"trial_end": 2_000_000_000, "trial_period_days": 3}, "trial_end"),
        ({"default_payment_method": "pm_nobody"}, "default_payment_method"),
        ({"payment_behavior": "pending_if_incomplete"}, "payment_behavior"),
        ({"backdate_start_date": 1}, "backdate_start_date"),
    ],
)
def test_what_stripe_refuses_is_refused(sandbox: Sandbox, changes: Obj, param: str) -> None:
    who, price = customer(sandbox), plan(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(sandbox, who, price, **changes)
    assert caught.value.param == param
