"""Mode ``payment``, whatever the payment method: customers, metadata, late and simultaneous payments."""

import threading
from typing import Any

import pytest

from tests.sandbox.support.payments import PAID, paid_intent
from tests.sandbox.support.process import Sandbox, order
from tests.support.stripe_schema import check as stripe_schema


def test_nothing_to_pay_needs_no_payment_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=order(amount=0)["line_items"])
    sandbox.pay(session.id)
    done = sandbox.session(session.id)

    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert done.payment_intent is None
    assert sandbox.event_types() == ["checkout.session.completed"]


def test_a_customer_is_made_when_asked_for(sandbox: Sandbox) -> None:
    guest, known = sandbox.open_session(), sandbox.open_session(customer_creation="always")
    sandbox.pay(guest.id)
    assert sandbox.session(guest.id).customer is None
    sandbox.pay(known.id)

    customer: Any = sandbox.session(known.id, "customer").customer
    assert (customer.email, customer.name) == ("ada@example.com", "Ada Lovelace")
    assert paid_intent(sandbox, known.id).customer == customer.id
    assert sandbox.event_types()[4:] == ["customer.created", *PAID]


def test_the_intent_carries_what_the_session_was_given_for_it(sandbox: Sandbox) -> None:
    data = {"description": "Two seats", "transfer_group": "G1", "receipt_email": "r@example.com"}
    session = sandbox.open_session(payment_intent_data=data)
    sandbox.pay(session.id)
    intent = paid_intent(sandbox, session.id)

    assert (intent.description, intent.transfer_group, intent.receipt_email) == (
        "Two seats",
        "G1",
        "r@example.com",
    )
    assert intent.latest_charge.transfer_group == "G1"


def test_objects_have_every_member_that_stripe_sends(sandbox: Sandbox) -> None:
    session = sandbox.open_session(customer_creation="always")
    sandbox.pay(session.id)
    sandbox.advance(5)
    expand = "&".join(
        f"expand[]={path}"
        for path in (
            "customer",
            "line_items.data.price.product",
            "payment_intent.payment_method",
            "payment_intent.latest_charge.balance_transaction",
        )
    )
    found = sandbox.api("GET", f"/v1/checkout/sessions/{session.id}?{expand}").json()
    intent, item = found["payment_intent"], found["line_items"]["data"][0]
    objects = [found["customer"], intent, intent["payment_method"], intent["latest_charge"], item]
    objects += [intent["latest_charge"]["balance_transaction"], item["price"], item["price"]["product"]]

    schema = stripe_schema.load()
    for obj in [*objects, sandbox.events()[0]]:
        assert (obj["object"], schema.check_object(obj)) == (obj["object"], [])


def test_an_expired_session_cannot_be_paid_and_leaves_no_intent_behind(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control(f"sessions/{session.id}/fail")
    sandbox.stripe.checkout.sessions.expire(session.id)

    assert sandbox.pay(session.id)["outcome"] == "not_open"
    intent = paid_intent(sandbox, session.id)
    assert (intent.status, intent.amount_received) == ("canceled", 0)
    assert sandbox.event_types()[3:] == ["payment_intent.canceled", "checkout.session.expired"]


@pytest.mark.parametrize("declined_before", [True, False])
def test_a_late_payment_completes_an_expired_session(sandbox: Sandbox, declined_before: bool) -> None:
    session = sandbox.open_session()
    if declined_before:
        sandbox.control(f"sessions/{session.id}/fail")
    sandbox.stripe.checkout.sessions.expire(session.id)
    answer = sandbox.pay(session.id, late=True)

    assert (answer["outcome"], answer["session"]["status"]) == ("paid", "complete")
    paid = sandbox.session(session.id)
    assert (paid.payment_status, paid.url) == ("paid", None)
    assert paid_intent(sandbox, session.id).amount_received == 4200
    types = sandbox.event_types()
    assert types[types.index("checkout.session.expired") + 1 :] == PAID
    assert sandbox.pay(session.id, late=True)["outcome"] == "not_open"


def test_a_late_bank_debit_is_paid_later(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.advance(25 * 3600)
    assert sandbox.pay(session.id, method="sepa_debit", late=True)["outcome"] == "processing"
    sandbox.advance(11)
    assert sandbox.session(session.id).payment_status == "paid"


def test_a_late_payment_that_is_declined_leaves_the_session_expired(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.expire(session.id)
    assert sandbox.pay(session.id, card="4000000000000002", late=True)["outcome"] == "declined"
    assert sandbox.session(session.id).status == "expired"
    answer = sandbox.http.post(
        f"/_sandbox/sessions/{session.id}/pay", json={"card": "4000002760003184", "late": True}
    )
    assert answer.status_code == 400


def test_paying_and_expiring_at_once_has_one_winner(sandbox: Sandbox) -> None:
    for _ in range(10):
        session = sandbox.open_session()
        start = threading.Barrier(2)
        codes: dict[str, int] = {}

        def pay(session_id: str = session.id, start: threading.Barrier = start, codes: Any = codes) -> None:
            start.wait()
            codes["pay"] = sandbox.http.post(f"/_sandbox/sessions/{session_id}/pay").status_code

        payer = threading.Thread(target=pay)
        payer.start()
        start.wait()
        codes["expire"] = sandbox.api("POST", f"/v1/checkout/sessions/{session.id}/expire").status_code
        payer.join()

        status = sandbox.session(session.id).status
        assert codes == ({"pay": 200, "expire": 400} if status == "complete" else {"pay": 409, "expire": 200})
        ends = [event["type"] for event in sandbox.events() if event["data"]["object"]["id"] == session.id]
        assert ends == ["checkout.session.completed" if status == "complete" else "checkout.session.expired"]


def test_many_clicks_pay_once(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    clicks = [threading.Thread(target=sandbox.pay, args=(session.id,)) for _ in range(8)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert len(sandbox.stripe.charges.list().data) == 1
    assert sandbox.event_types() == PAID
