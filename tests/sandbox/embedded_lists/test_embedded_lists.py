"""The address of every list that is part of another object answers with that list."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import subscribe


def embedded(value: Any) -> Iterator[Obj]:
    """Yield every list object in a reply."""
    if isinstance(value, list):
        for item in value:
            yield from embedded(item)
    elif isinstance(value, dict):
        if value.get("object") == "list":
            yield value
        for member in value.values():
            yield from embedded(member)


def season(sandbox: Sandbox) -> dict[str, str]:
    """Return one object of each kind that holds lists, by its path, after some business."""
    subscription: Any = subscribe(sandbox)
    session = sandbox.open_session()
    sandbox.pay(session.id)
    paid = sandbox.session(session.id, "payment_intent")
    intent: Any = paid.payment_intent
    sandbox.stripe.refunds.create({"payment_intent": intent.id, "amount": 100})
    return {
        "charge": f"/v1/charges/{intent.latest_charge}?expand[]=refunds",
        "session": f"/v1/checkout/sessions/{session.id}?expand[]=line_items",
        "customer": f"/v1/customers/{subscription.customer}?expand[]=subscriptions&expand[]=sources",
        "invoice": f"/v1/invoices/{subscription.latest_invoice}?expand[]=payments",
        "subscription": f"/v1/subscriptions/{subscription.id}",
    }


def test_every_embedded_list_is_found_at_its_address(sandbox: Sandbox) -> None:
    counts: dict[str, int] = {}
    for holder, path in season(sandbox).items():
        for held in embedded(sandbox.api("GET", path).json()):
            answer = sandbox.api("GET", held["url"])
            assert answer.status_code == 200, (holder, held["url"], answer.text)
            assert answer.json()["url"] == held["url"].partition("?")[0]
            assert [each["id"] for each in answer.json()["data"]] == [each["id"] for each in held["data"]]
            counts[holder] = counts.get(holder, 0) + len(held["data"])
    assert set(counts) == {"charge", "session", "customer", "invoice", "subscription"}
    assert 0 not in counts.values()


def test_every_list_in_an_event_is_found_at_its_address(sandbox: Sandbox) -> None:
    season(sandbox)
    urls = {held["url"] for held in embedded(sandbox.events())}
    upcoming = {url for url in urls if "upcoming" in url}

    assert urls - upcoming
    for url in urls - upcoming:
        assert sandbox.api("GET", url).status_code == 200, url


def test_embedded_lists_have_pages(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    intent: Any = sandbox.session(session.id, "payment_intent").payment_intent
    made = [sandbox.stripe.refunds.create({"payment_intent": intent.id, "amount": 1}).id for _ in range(3)]
    url = f"/v1/charges/{intent.latest_charge}/refunds"
    first = sandbox.api("GET", f"{url}?limit=2").json()
    rest = sandbox.api("GET", f"{url}?limit=2&starting_after={first['data'][-1]['id']}").json()

    assert [each["id"] for each in first["data"] + rest["data"]] == made[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_an_item_is_found_by_its_id(sandbox: Sandbox) -> None:
    item = subscribe(sandbox)["items"]["data"][0]

    assert sandbox.api("GET", f"/v1/subscription_items/{item.id}").json()["price"]["id"] == item.price.id


@pytest.mark.parametrize(
    ("path", "status", "param"),
    [
        ("charges/ch_x/refunds", 404, "charge"),
        ("invoices/in_x/lines", 404, "invoice"),
        ("customers/cus_x/subscriptions", 404, "customer"),
        ("subscription_items/si_x", 404, "item"),
        ("subscription_items", 400, "subscription"),
        ("subscription_items?subscription=sub_x", 400, "subscription"),
    ],
)
def test_the_list_of_nothing_is_missing(sandbox: Sandbox, path: str, status: int, param: str) -> None:
    answer = sandbox.api("GET", f"/v1/{path}")

    assert answer.status_code == status
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("kind", "path"),
    [("products", "features"), ("customers", "sources"), ("customers", "sources?object=card")],
)
def test_what_nobody_has_here_is_an_empty_list(sandbox: Sandbox, kind: str, path: str) -> None:
    made = sandbox.api("POST", f"/v1/{kind}", "name=Ada").json()
    found = sandbox.api("GET", f"/v1/{kind}/{made['id']}/{path}").json()
    missing = sandbox.api("GET", f"/v1/{kind}/x_1/{path}")

    url = f"/v1/{kind}/{made['id']}/{path.partition('?')[0]}"
    assert found == {"object": "list", "data": [], "has_more": False, "url": url}
    assert missing.status_code == 404
