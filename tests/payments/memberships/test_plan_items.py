"""The plan of a subscription is found wherever its item stands among others."""

from typing import Any

import pytest

from payments.gateway.billing.subscription_objects import read_invoice, read_subscription
from payments.memberships.plan_items import find_plan_item
from payments.memberships.sync import sync
from payments.models import Cause, CheckProblem, Plan, Subscription
from tests.support.members import Member, make_member, make_plan, make_price
from tests.support.sandbox import Sandbox

PERIOD = {"current_period_start": 1_800_000_000, "current_period_end": 1_802_592_000}


def item(price: str | None, **changes: Any) -> dict[str, Any]:
    return {"price": price and {"id": price}, "quantity": 1, **PERIOD, **changes}


def told(*items: dict[str, Any], **changes: Any) -> Any:
    body = {"id": "sub_1", "customer": "cus_1", "status": "active", "items": {"data": list(items)}, **changes}
    return read_subscription(body)


@pytest.fixture
def friend(db: None) -> Plan:
    return Plan.objects.create(
        name="Friend", slug="friend", price_id="price_f", amount=1200, interval="month"
    )


@pytest.fixture
def patron(db: None) -> Plan:
    return Plan.objects.create(name="Patron", slug="patron", price_id="price_p", amount=5000, interval="year")


def row(price_id: str = "price_f") -> Subscription:
    return Subscription(price_id=price_id)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_the_plan_is_found_behind_add_ons_and_its_period_counts(friend: Plan, before: int) -> None:
    add_on = item("price_addon", current_period_start=1, current_period_end=2)
    items = [add_on] * before + [item("price_f")] + [add_on] * (2 - before)

    found = find_plan_item(told(*items), row=row())

    assert (found.plan, found.problem, found.subscription.price_id) == (friend, None, "price_f")
    assert found.subscription.period_end is not None
    assert found.subscription.period_end.timestamp() == PERIOD["current_period_end"]


def test_without_a_plans_price_it_is_the_item_that_the_row_has_had(friend: Plan) -> None:
    found = find_plan_item(told(item("price_x"), item("price_old")), row=row("price_old"))

    assert (found.plan, found.problem, found.subscription.price_id) == (
        None,
        CheckProblem.NO_PLAN,
        "price_old",
    )
    assert found.words == "No plan here has the price price_x, price_old."


@pytest.mark.parametrize("items", [(), (item(None),), ({**item(None), "price": {}},), ({"quantity": 1},)])
def test_nothing_that_has_a_price_is_no_plan_and_no_error(friend: Plan, items: Any) -> None:
    found = find_plan_item(told(*items), row=row())

    assert (found.plan, found.problem, found.subscription.price_id) == (None, CheckProblem.NO_PLAN, "")
    assert found.words


@pytest.mark.parametrize("order", [("price_f", "price_p"), ("price_p", "price_f")])
def test_of_two_plans_the_one_that_costs_more_a_year_counts(
    friend: Plan, patron: Plan, order: tuple[str, str]
) -> None:
    found = find_plan_item(told(*map(item, order)), row=row("price_p"))

    assert (found.plan, found.problem) == (friend, CheckProblem.TWO_PLANS)  # 12 × 12.00 against 50.00
    assert "It gives what Friend gives." in found.words


def test_a_subscription_without_items_can_be_read() -> None:
    bare = read_subscription({"id": "sub_1", "customer": None, "status": None, "items": None})

    assert (bare.item, bare.period_end, bare.ends_at, bare.status, bare.says) == (None, None, None, None, "")


def test_an_invoice_can_be_read_with_every_null_that_stripe_documents() -> None:
    invoice = read_invoice(
        {
            "id": "in_1",
            "created": 1_800_000_000,
            "currency": "eur",
            "amount_due": 1200,
            "amount_paid": 0,
            "number": None,
            "status": None,
            "hosted_invoice_url": None,
            "lines": None,
            "payments": None,
        }
    )

    assert (invoice.number, invoice.status, invoice.url, invoice.paid_by) == ("", "", "", ())
    assert invoice.covers_until == invoice.issued_at


# At Stripe


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    return make_plan(stripe)


@pytest.fixture
def ada(plan: Plan, stripe: Sandbox) -> Member:
    return make_member(stripe)


def add(ada: Member, **data: str) -> None:
    wanted = {"subscription": str(ada.row.subscription_id), "proration_behavior": "none", **data}
    ada.stripe._http.post("/v1/subscription_items", data=wanted).raise_for_status()


def remove_plan(ada: Member, plan: Plan) -> None:
    (own,) = [one for one in ada.at_stripe()["items"]["data"] if one["price"]["id"] == plan.price_id]
    ada.stripe._http.delete(f"/v1/subscription_items/{own['id']}").raise_for_status()


def test_an_add_on_listed_first_leaves_the_plan(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan)
    parking = make_price(stripe, amount=300)
    add(ada, price=parking)
    ada.hear()

    listed = [item["price"]["id"] for item in ada.at_stripe()["items"]["data"]]
    assert listed == [parking, plan.price_id]
    assert (ada.row.plan, ada.row.is_entitled(), ada.row.check_problem) == (plan, True, "")


def test_a_subscription_whose_plan_was_taken_out_gives_nothing_and_calls_staff(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    ada.join(plan)
    add(ada, price=make_price(stripe, amount=300))
    remove_plan(ada, plan)

    ada.hear()

    assert (ada.row.status, ada.row.entitled_until, ada.row.check_problem) == ("active", None, "no_plan")
    assert ada.client.get("/membership/").status_code == 200


def test_the_plan_is_found_behind_more_items_than_stripe_lists_at_first(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    ada.join(plan)
    add(ada, price=make_price(stripe, amount=300))
    first, *_others = ada.at_stripe()["items"]["data"]
    stripe.override(str(ada.row.subscription_id), items={"data": [first], "has_more": True})

    row = sync(ada.row, cause=Cause.STAFF)

    assert (row.plan, row.is_entitled(), row.check_problem) == (plan, True, "")
