"""Deleting customers, with their subscriptions."""

import pytest
import stripe

from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import history, open_offer, status_of, subscribe


def test_deleting_a_customer_ends_what_they_subscribe_to(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    customer = str(subscription.customer)
    before = len(history(sandbox))

    answer = sandbox.stripe.customers.delete(customer)

    assert answer.to_dict() == {"id": customer, "object": "customer", "deleted": True}
    assert sandbox.stripe.customers.retrieve(customer).to_dict() == answer.to_dict()
    assert sandbox.stripe.customers.list().data == []
    assert status_of(sandbox, subscription) == "canceled"
    assert [event["type"] for event in history(sandbox)[before:]] == [
        "customer.subscription.deleted",
        "customer.deleted",
    ]


def test_a_deleted_customer_cannot_be_named(sandbox: Sandbox) -> None:
    customer = str(subscribe(sandbox).customer)
    sandbox.stripe.customers.delete(customer)

    for ask, param in (
        (lambda: open_offer(sandbox, customer=customer, customer_email=None), "customer"),
        (lambda: sandbox.stripe.billing_portal.sessions.create({"customer": customer}), "customer"),
        (lambda: sandbox.stripe.customers.delete(customer), "id"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask()
        assert (caught.value.code, caught.value.param) == ("resource_missing", param)
