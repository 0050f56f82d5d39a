"""Customers: what is kept of them, what changes, and what Stripe refuses."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import subscribe

ADDRESS = {"line1": "Musterweg 3", "city": "Wien", "postal_code": "1010", "country": "AT"}
WHOLE = {**ADDRESS, "line2": None, "state": None}


def create(sandbox: Sandbox, **params: Any) -> Any:
    given: Any = {"email": "ada@example.com", **params}
    return sandbox.stripe.customers.create(given)


def update(sandbox: Sandbox, customer_id: str, **params: Any) -> Any:
    given: Any = params
    return sandbox.stripe.customers.update(customer_id, given)


def told(sandbox: Sandbox) -> Obj:
    """Return ``previous_attributes`` of the last event, which is about an update."""
    event = sandbox.events()[-1]
    assert event["type"] == "customer.updated"
    previous: Obj = event["data"]["previous_attributes"]
    return previous


def test_a_customer_has_an_address_a_tax_status_and_languages(sandbox: Sandbox) -> None:
    shipping = {"name": "Ada", "address": ADDRESS}
    made = create(
        sandbox, address=ADDRESS, shipping=shipping, tax_exempt="reverse", preferred_locales=["de", "pt-BR"]
    )
    assert made.address.to_dict() == WHOLE
    assert made.shipping.to_dict() == {"name": "Ada", "phone": None, "address": WHOLE}
    assert (made.tax_exempt, made.preferred_locales) == ("reverse", ["de", "pt-BR"])
    assert sandbox.event_types() == ["customer.created"]


def test_an_update_tells_what_was_before(sandbox: Sandbox) -> None:
    customer = create(sandbox, name="Ada", address=ADDRESS).id
    update(sandbox, customer, email="lovelace@example.com", name="", preferred_locales=["en"])
    assert told(sandbox) == {"email": "ada@example.com", "name": "Ada", "preferred_locales": []}
    moved = update(sandbox, customer, address={"line1": "Ring 1", "city": "Graz"})
    assert (moved.address.city, moved.address.country) == ("Graz", None)
    assert told(sandbox) == {"address": {**ADDRESS}}
    assert update(sandbox, customer, address="", tax_exempt="").address is None
    before = len(sandbox.events())
    update(sandbox, customer, email="lovelace@example.com", tax_exempt="none")
    assert len(sandbox.events()) == before


def test_the_next_invoice_is_addressed_to_the_customer_as_they_are_now(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    update(sandbox, str(subscription.customer), address=ADDRESS, tax_exempt="exempt", balance=-200)
    invoice = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    assert (invoice["customer_address"], invoice["customer_tax_exempt"]) == (WHOLE, "exempt")
    assert (invoice["starting_balance"], invoice["amount_due"]) == (-200, 1000)


@pytest.mark.parametrize("change", [create, update])
@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"email": "nobody"}, "email", "email_invalid"),
        ({"email": "a" * 506 + "@b.test"}, "email", None),
        ({"phone": "1" * 21}, "phone", None),
        ({"tax_exempt": "rich"}, "tax_exempt", None),
        ({"address": {"planet": "Mars"}}, "address[planet]", "parameter_unknown"),
        ({"address": "Ring 1"}, "address", None),
        ({"shipping": {"name": "Ada"}}, "shipping[address]", "parameter_missing"),
        ({"preferred_locales": ["Deutsch!"]}, "preferred_locales[0]", None),
        ({"invoice_prefix": "ab"}, "invoice_prefix", None),
        ({"balance": "much"}, "balance", "parameter_invalid_integer"),
        ({"source": "tok_visa"}, "source", None),
    ],
)
def test_what_stripe_refuses_is_refused(
    sandbox: Sandbox, change: Any, params: Obj, param: str, code: str | None
) -> None:
    known = () if change is create else (create(sandbox).id,)
    before = sandbox.events()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        change(sandbox, *known, **params)
    assert (caught.value.param, caught.value.code) == (param, code)
    assert sandbox.events() == before
