"""Lists, cursors, filters, and what can be expanded."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.payments import pay, refund
from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import subscribe


def test_lists_are_newest_first_and_end(sandbox: Sandbox) -> None:
    ids = [sandbox.open_session().id for _ in range(12)][::-1]
    sessions = sandbox.stripe.checkout.sessions

    first = sessions.list()
    assert [s.id for s in first.data] == ids[:10]
    assert first.has_more is True
    rest = sessions.list({"starting_after": ids[9]})
    assert ([s.id for s in rest.data], rest.has_more) == (ids[10:], False)
    assert [s.id for s in sessions.list({"ending_before": ids[5], "limit": 3}).data] == ids[2:5]
    assert [s.id for s in sessions.list({"limit": 5}).auto_paging_iter()] == ids
    assert first.url == "/v1/checkout/sessions"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten"])
def test_a_page_has_one_to_a_hundred_entries(sandbox: Sandbox, limit: str) -> None:
    answer = sandbox.api("GET", f"/v1/events?limit={limit}")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parameter_invalid_integer"
    assert answer.json()["error"]["param"] == "limit"


def test_an_unknown_cursor_is_a_bad_parameter(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.charges.list({"starting_after": "ch_nobody"})
    assert (caught.value.http_status, caught.value.param) == (400, "starting_after")
    assert caught.value.code == "resource_missing"


def test_one_cursor_at_a_time(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.checkout.sessions.list({"starting_after": session.id, "ending_before": session.id})
    assert caught.value.code == "parameters_exclusive"


def test_created_is_a_moment_or_a_range(sandbox: Sandbox) -> None:
    old = sandbox.open_session()
    sandbox.advance(100)
    new = sandbox.open_session()
    sessions = sandbox.stripe.checkout.sessions

    assert [s.id for s in sessions.list({"created": {"gt": old.created}}).data] == [new.id]
    assert [s.id for s in sessions.list({"created": {"lt": new.created}}).data] == [old.id]
    both: Any = {"created": {"gte": old.created, "lte": new.created}}
    assert [s.id for s in sessions.list(both).data] == [new.id, old.id]
    assert [s.id for s in sessions.list({"created": old.created}).data] == [old.id]


def test_payments_are_found_by_what_they_belong_to(sandbox: Sandbox) -> None:
    one, other = sandbox.open_session(), sandbox.open_session(payment_intent_data={"transfer_group": "G"})
    sandbox.pay(one.id)
    sandbox.pay(other.id)
    intent = str(sandbox.session(other.id).payment_intent)
    charges = sandbox.stripe.charges

    [charge] = charges.list({"payment_intent": intent}).data
    assert charge.payment_intent == intent
    assert [c.id for c in charges.list({"transfer_group": "G"}).data] == [charge.id]
    assert charges.list({"payment_intent": "pi_nobody"}).data == []
    assert len(charges.list().data) == 2
    assert len(sandbox.stripe.payment_intents.list().data) == 2
    assert sandbox.stripe.payment_intents.list({"customer": "cus_nobody"}).data == []


def test_events_are_filtered_by_type(sandbox: Sandbox) -> None:
    sandbox.pay(sandbox.open_session().id)
    events = sandbox.stripe.events

    assert {e.type for e in events.list({"type": "payment_intent.*"}).data} == {
        "payment_intent.created",
        "payment_intent.succeeded",
    }
    assert [e.type for e in events.list({"type": "charge.succeeded"}).data] == ["charge.succeeded"]
    assert [e.type for e in events.list({"types": ["charge.*", "checkout.session.completed"]}).data] == [
        "checkout.session.completed",
        "charge.succeeded",
    ]
    assert events.list({"type": "charge.?ucceeded"}).data == []
    assert len(events.list({"type": "*"}).data) == 4


def test_type_and_types_exclude_each_other(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.events.list({"type": "a", "types": ["b"]})
    assert (caught.value.http_status, caught.value.code) == (400, "parameters_exclusive")


def test_at_most_twenty_types(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.events.list({"types": ["charge.succeeded"] * 21})
    assert caught.value.param == "types"


def test_events_are_kept_for_thirty_days(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.expire(session.id)
    [event] = sandbox.stripe.events.list().data
    assert sandbox.stripe.events.retrieve(event.id).id == event.id

    sandbox.advance(30 * 24 * 3600 + 60)
    assert sandbox.stripe.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.events.retrieve(event.id)
    assert caught.value.http_status == 404


@pytest.mark.parametrize("name", ["charges", "payment_intents", "events", "webhook_endpoints", "products"])
def test_an_unknown_object_is_not_found(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        getattr(sandbox.stripe, name).retrieve("xx_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_an_id_of_another_kind_is_not_found(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        sandbox.stripe.payment_intents.retrieve(session.id)


def test_ids_are_expanded_to_the_depth_asked_for(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    assert isinstance(sandbox.session(session.id).payment_intent, str)

    intent: Any = sandbox.session(session.id, "payment_intent").payment_intent
    assert isinstance(intent.latest_charge, str)
    intent = sandbox.session(
        session.id, "payment_intent.latest_charge.payment_intent", "payment_intent.payment_method"
    ).payment_intent
    assert intent.latest_charge.payment_intent.id == intent.id
    assert intent.payment_method.card.last4 == "4242"


def test_a_null_can_be_expanded(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    expanded = sandbox.session(session.id, "payment_intent.latest_charge", "customer", "subscription")
    assert (expanded.payment_intent, expanded.customer, expanded.subscription) == (None, None, None)


def test_lists_are_expanded_within_data(sandbox: Sandbox) -> None:
    sandbox.pay(sandbox.open_session().id)
    [session] = sandbox.stripe.checkout.sessions.list(
        {"expand": ["data.line_items", "data.payment_intent.latest_charge"]}
    ).data

    intent: Any = session.payment_intent
    assert intent.latest_charge.amount == 4200
    assert session.line_items is not None
    assert len(session.line_items.data) == 1


@pytest.mark.parametrize(
    "path", ["foo", "metadata", "payment_intent.foo", "line_items.data.price", "data.payment_intent", "", "."]
)
def test_other_properties_cannot_be_expanded(sandbox: Sandbox, path: str) -> None:
    session = sandbox.open_session()
    answer = sandbox.api("GET", f"/v1/checkout/sessions/{session.id}?expand[]={path}")

    assert answer.status_code == 400
    if path:
        assert answer.json()["error"]["message"] == f"This property cannot be expanded ({path})."


def test_expansion_ends_at_four_levels(sandbox: Sandbox) -> None:
    deep = "payment_intent.latest_charge.payment_intent.latest_charge"
    session = sandbox.open_session()
    assert sandbox.api("GET", f"/v1/checkout/sessions/{session.id}?expand[]={deep}").status_code == 200
    answer = sandbox.api("GET", f"/v1/checkout/sessions/{session.id}?expand[]={deep}.customer")
    assert answer.status_code == 400


def test_the_addresses_of_embedded_lists_answer(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    refunds = [refund(sandbox, session_id, amount=amount).id for amount in (100, 200)]
    charge: Any = sandbox.stripe.charges.list({"expand": ["data.refunds"]}).data[0]
    invoice: Any = sandbox.stripe.invoices.retrieve(
        str(subscribe(sandbox).latest_invoice), {"expand": ["payments"]}
    )
    found: Any = sandbox.session(session_id, "line_items")

    for embedded in (charge.refunds, invoice.lines, invoice.payments, found.line_items):
        answer = sandbox.api("GET", embedded.url).json()
        assert [each["id"] for each in answer["data"]] == [each.id for each in embedded.data] != []
        assert "total_count" not in answer
    assert [each.id for each in charge.refunds.data] == refunds[::-1]


def test_an_embedded_list_says_how_many_there_are(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    for _ in range(11):
        refund(sandbox, session_id, amount=100)
    charge: Any = sandbox.stripe.charges.list({"expand": ["data.refunds"]}).data[0]
    subscription = subscribe(sandbox)
    invoice: Any = sandbox.stripe.invoices.retrieve(str(subscription.latest_invoice))

    assert (len(charge.refunds.data), charge.refunds.total_count) == (10, 11)
    assert charge.refunds.has_more is True
    assert (subscription["items"].total_count, invoice.lines.total_count) == (1, 1)
