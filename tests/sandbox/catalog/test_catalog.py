"""Products, prices and customers."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox


def test_customers_products_and_prices_change_with_their_events(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"})
    changed = sandbox.stripe.customers.update(customer.id, {"name": "Ada", "metadata": {"user": "7"}})
    product = sandbox.stripe.products.create({"name": "Friend"})
    price: Any = {"currency": "eur", "unit_amount": 500, "product": product.id, "lookup_key": "friend"}
    first = sandbox.stripe.prices.create(price)
    dearer: Any = {**price, "unit_amount": 600, "transfer_lookup_key": True}
    second = sandbox.stripe.prices.create(dearer)
    sandbox.stripe.products.update(product.id, {"default_price": second.id, "name": "Best friend"})
    sandbox.stripe.prices.update(first.id, {"active": False})

    assert (changed.name, changed.metadata and changed.metadata["user"]) == ("Ada", "7")
    assert [p.id for p in sandbox.stripe.prices.list({"lookup_keys": ["friend"]}).data] == [second.id]
    assert [p.id for p in sandbox.stripe.prices.list({"active": True}).data] == [second.id]
    assert sandbox.event_types() == [
        *("customer.created", "customer.updated", "product.created", "price.created"),
        *("price.updated", "price.created", "product.updated", "price.updated"),
    ]
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        sandbox.stripe.prices.create(price)
