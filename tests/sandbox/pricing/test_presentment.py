"""Adaptive Pricing: the customer pays in their own currency, the shop's amounts stay in its own."""

from typing import Any

import pytest

from tests.sandbox.support.payments import paid_intent, refund
from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.subscribers import open_offer

USD = {"presentment_amount": 5040, "presentment_currency": "usd"}


def test_a_payment_says_what_the_customer_paid(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    assert "presentment_details" not in session.to_dict()
    assert sandbox.pay(session.id, presentment={"currency": "usd"})["outcome"] == "paid"
    done, intent = sandbox.session(session.id), paid_intent(sandbox, session.id)

    assert (done.currency, done.amount_total) == ("eur", 4200)
    assert (intent.currency, intent.amount_received) == ("eur", 4200)
    found: list[Any] = [done, intent, intent.latest_charge]
    for each in found:
        assert each.presentment_details.to_dict() == USD


def test_a_refund_says_what_the_customer_gets_back(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, presentment={"currency": "usd"})
    part: Any = refund(sandbox, session.id, amount=2100)
    assert (part.amount, part.currency) == (2100, "eur")
    assert part.presentment_details.to_dict() == {**USD, "presentment_amount": 2520}


@pytest.mark.parametrize(
    ("amount", "currency", "wanted", "shown"),
    [
        (4200, "eur", "jpy", 7560),
        (4200, "eur", "isk", 630_000),
        (7560, "jpy", "eur", 4200),
        (999, "usd", "gbp", 749),
    ],
)
def test_amounts_are_converted_between_minor_units(
    sandbox: Sandbox, amount: int, currency: str, wanted: str, shown: int
) -> None:
    items = order(amount=amount, currency=currency, quantity=1)["line_items"]
    session = sandbox.open_session(line_items=items)
    done = sandbox.pay(session.id, presentment={"currency": wanted})["session"]
    assert done["presentment_details"]["presentment_amount"] == shown


def test_a_choice_can_be_taken_back(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    path = f"sessions/{session.id}"
    sandbox.control(path, presentment={"currency": "usd"})
    sandbox.control(f"{path}/fail")
    sandbox.control(path, presentment=None)
    sandbox.pay(session.id)

    assert "presentment_details" not in sandbox.session(session.id).to_dict()
    assert "presentment_details" not in paid_intent(sandbox, session.id).to_dict()


def test_a_challenged_card_pays_in_the_chosen_currency(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, presentment={"currency": "usd"}, card="4000002760003184")
    sandbox.control(f"sessions/{session.id}/complete_3ds")
    assert sandbox.session(session.id).to_dict()["presentment_details"] == USD


def test_a_bank_debit_stays_in_the_shops_currency(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, presentment={"currency": "usd"}, method="sepa_debit")
    assert "presentment_details" not in sandbox.session(session.id).to_dict()


@pytest.mark.parametrize("given", [{"currency": "xyz"}, {"currency": "eur"}, {"currency": 5}, "usd", {}])
def test_a_currency_that_is_not_possible_is_refused(sandbox: Sandbox, given: Any) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/pay", json={"presentment": given})
    assert (answer.status_code, sandbox.session(session.id).status) == (400, "open")


def test_the_shop_can_switch_it_off(sandbox: Sandbox) -> None:
    session = sandbox.open_session(adaptive_pricing={"enabled": False})
    for each in (session, open_offer(sandbox)):
        answer = sandbox.http.post(
            f"/_sandbox/sessions/{each.id}/pay", json={"presentment": {"currency": "usd"}}
        )
        assert answer.json() == {"error": "This price can't be shown in usd."}


def test_the_page_lets_the_customer_choose(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    path = f"/c/pay/{session.id}"
    assert '<option value="usd"' in sandbox.http.get(path).text
    sandbox.http.post(f"{path}/price", data={"currency": "usd"})
    shown = sandbox.http.get(path).text

    assert "Pay $50.40" in shown
    assert "Bank debit" not in shown
    sandbox.http.post(f"{path}/price", data={"currency": "eur"})
    assert "Pay €42.00" in sandbox.http.get(path).text
