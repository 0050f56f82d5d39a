"""Taxes of sessions and invoices: asked for by the shop, or set by the account's owner."""

from typing import Any

import pytest

from tests.sandbox.support.payments import paid_intent
from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.promotions import coupon
from tests.sandbox.support.subscribers import open_offer, plan, subscribe

NINETEEN = {"percentage": "19", "inclusive": False}


def amounts(session: Any) -> tuple[int, int, int]:
    """Return a session's subtotal, tax and total."""
    found = session if isinstance(session, dict) else session.to_dict()
    return found["amount_subtotal"], found["total_details"]["amount_tax"], found["amount_total"]


def priced(behavior: str | None = None) -> list[dict[str, Any]]:
    """Return line items over 42.00 whose price has a tax behavior."""
    [item] = order()["line_items"]
    more = {"tax_behavior": behavior} if behavior else {}
    return [{**item, "price_data": {**item["price_data"], **more}}]


def test_without_a_tax_there_is_none(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    assert amounts(session) == (4200, 0, 4200)
    assert session.automatic_tax.status is None


@pytest.mark.parametrize(
    ("inclusive", "behavior", "expected"),
    [
        (False, None, (4200, 798, 4998)),
        (True, None, (4200, 671, 4200)),
        (False, "inclusive", (4200, 671, 4200)),
        (True, "exclusive", (4200, 798, 4998)),
    ],
)
def test_the_owners_tax_is_added_or_included(
    sandbox: Sandbox, inclusive: bool, behavior: str | None, expected: tuple[int, int, int]
) -> None:
    sandbox.control("account", tax={"percentage": "19", "inclusive": inclusive})
    session = sandbox.open_session(line_items=priced(behavior))
    assert amounts(session) == expected
    sandbox.pay(session.id)
    assert paid_intent(sandbox, session.id).amount_received == expected[2]


def test_an_automatic_tax_is_known_when_the_customer_is(sandbox: Sandbox) -> None:
    sandbox.control("account", tax=NINETEEN)
    session = sandbox.open_session(automatic_tax={"enabled": True}, line_items=priced("exclusive"))
    assert session.automatic_tax.status == "requires_location_inputs"
    assert amounts(session) == (4200, 0, 4200)
    sandbox.pay(session.id)
    done = sandbox.session(session.id)

    assert (done.automatic_tax.status, amounts(done)) == ("complete", (4200, 798, 4998))
    assert paid_intent(sandbox, session.id).amount == 4998


def test_an_automatic_tax_without_a_registration_is_nothing(sandbox: Sandbox) -> None:
    session = sandbox.open_session(automatic_tax={"enabled": True})
    sandbox.pay(session.id)
    done = sandbox.session(session.id)
    assert (done.automatic_tax.status, amounts(done)) == ("complete", (4200, 0, 4200))


def test_a_tax_comes_after_the_discount(sandbox: Sandbox) -> None:
    sandbox.control("account", tax=NINETEEN)
    session = sandbox.open_session(discounts=[{"coupon": coupon(sandbox, percent_off=50)}])
    assert amounts(session) == (4200, 399, 2499)


def test_the_breakdown_names_the_tax(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=priced("inclusive") + priced("exclusive"))
    sandbox.control(f"sessions/{session.id}", tax=NINETEEN)
    found: Any = sandbox.session(session.id, "total_details.breakdown")
    added, included = found.total_details.breakdown.taxes

    assert (added.amount, added.taxable_amount, added.rate.inclusive) == (798, 4200, False)
    assert (included.amount, included.taxable_amount, included.rate.inclusive) == (671, 3529, True)
    assert (added.rate.percentage, amounts(found)) == (19, (8400, 1469, 9198))


def test_each_item_names_its_tax_and_discount_if_asked(sandbox: Sandbox) -> None:
    half = coupon(sandbox, percent_off=50)
    lines = priced("inclusive") + priced("exclusive")
    session = sandbox.open_session(line_items=lines, discounts=[{"coupon": half}])
    sandbox.control(f"sessions/{session.id}", tax=NINETEEN)
    plain: Any = sandbox.session(session.id, "line_items").line_items
    asked: Any = sandbox.session(session.id, "line_items.data.discounts", "line_items.data.taxes").line_items
    listed: Any = sandbox.api("GET", f"/v1/checkout/sessions/{session.id}/line_items?expand[]=data.discounts")

    assert [("discounts" in item, "taxes" in item) for item in plain.data] == [(False, False)] * 2
    assert [[it.amount for it in item.discounts] for item in asked.data] == [[2100], [2100]]
    assert [[(it.amount, it.rate.inclusive) for it in item.taxes] for item in asked.data] == [
        [(335, True)],
        [(399, False)],
    ]
    assert [len(item["discounts"]) for item in listed.json()["data"]] == [1, 1]


def test_an_item_without_tax_and_discount_has_none(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    found: Any = sandbox.session(session.id, "line_items.data.discounts", "line_items.data.taxes").line_items

    assert (found.data[0].discounts, found.data[0].taxes) == ([], [])


def test_a_tax_can_be_set_and_removed_on_one_session(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    path = f"sessions/{session.id}"
    assert amounts(sandbox.control(path, tax=NINETEEN)["session"]) == (4200, 798, 4998)
    assert amounts(sandbox.control(path, tax=None)["session"]) == (4200, 0, 4200)
    sandbox.pay(session.id, tax={"percentage": 7})
    assert paid_intent(sandbox, session.id).amount_received == 4494


def test_a_subscriptions_invoices_are_taxed_alike(sandbox: Sandbox) -> None:
    sandbox.control("account", tax=NINETEEN)
    price = plan(sandbox, amount=1200, tax_behavior="exclusive")
    session = open_offer(sandbox, price, automatic_tax={"enabled": True})
    sandbox.pay(session.id)
    done: Any = sandbox.session(session.id, "subscription")
    sandbox.control(f"subscriptions/{done.subscription.id}/renew")
    invoices = sandbox.stripe.invoices.list({"subscription": done.subscription.id}).data

    assert amounts(done) == (1200, 228, 1428)
    assert done.subscription.automatic_tax.enabled
    for invoice in invoices:
        assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (1200, 1428, 1428)
        assert (invoice.total_excluding_tax, invoice.automatic_tax.status) == (1200, "complete")
        assert invoice.total_taxes is not None
        assert (invoice.total_taxes[0].amount, invoice.total_taxes[0].tax_behavior) == (228, "exclusive")


def test_an_inclusive_tax_leaves_an_invoices_total(sandbox: Sandbox) -> None:
    sandbox.control("account", tax={"percentage": "20", "inclusive": True})
    subscription = subscribe(sandbox)
    [invoice] = sandbox.stripe.invoices.list({"subscription": subscription.id}).data

    assert (invoice.subtotal, invoice.total, invoice.total_excluding_tax) == (1200, 1200, 1000)
    assert invoice.subtotal_excluding_tax == 1000
