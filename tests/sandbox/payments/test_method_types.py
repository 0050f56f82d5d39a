"""Which payment methods a session offers, and the largest amounts."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.subscribers import open_offer

ALL = ["card", "sepa_debit", "multibanco", "boleto", "oxxo", "konbini", "customer_balance"]


def offered(sandbox: Sandbox, amount: int = 2100, currency: str = "eur", **changes: Any) -> list[str]:
    """Return the types that a session over this amount offers."""
    items = order(amount=amount, currency=currency, quantity=1)["line_items"]
    return list(sandbox.open_session(line_items=items, **changes).payment_method_types)


@pytest.mark.parametrize(
    ("currency", "types"),
    [
        ("eur", ["card", "sepa_debit", "multibanco", "customer_balance"]),
        ("brl", ["card", "boleto"]),
        ("jpy", ["card", "konbini", "customer_balance"]),
        ("mxn", ["card", "oxxo", "customer_balance"]),
        ("usd", ["card", "customer_balance"]),
        ("pln", ["card"]),
    ],
)
def test_what_the_owner_switched_on_is_offered_in_its_currency(
    sandbox: Sandbox, currency: str, types: list[str]
) -> None:
    sandbox.control("account", payment_methods=ALL)
    assert offered(sandbox, currency=currency) == types


def test_an_account_has_no_vouchers_until_they_are_switched_on(sandbox: Sandbox) -> None:
    assert offered(sandbox) == ["card", "sepa_debit"]
    assert sandbox.control("account", payment_methods=["cash"])["error"].startswith("payment_methods: give")


def test_only_what_is_not_excluded_remains(sandbox: Sandbox) -> None:
    sandbox.control("account", payment_methods=ALL)
    slow = ["sepa_debit", "multibanco", "customer_balance"]

    assert offered(sandbox, excluded_payment_method_types=slow) == ["card"]
    assert offered(sandbox, allowed_payment_method_types=["card", "multibanco", "klarna"]) == [
        "card",
        "multibanco",
    ]


def test_a_session_that_nobody_can_pay_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.open_session(excluded_payment_method_types=["card", "sepa_debit"])
    assert str(caught.value.user_message).startswith(
        "No valid payment method types for this Checkout Session. Please ensure that you have activated"
    )


@pytest.mark.parametrize(
    "given", [{"card": "4242424242424242"}, {"method": "sepa_debit"}, {"method": "multibanco"}]
)
def test_a_session_takes_only_what_it_offers(sandbox: Sandbox, given: dict[str, str]) -> None:
    sandbox.control("account", payment_methods=ALL)
    kind = given.get("method", "card")
    session = sandbox.open_session(excluded_payment_method_types=[kind])
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/pay", json=given)

    assert (answer.status_code, sandbox.session(session.id).status) == (400, "open")
    assert kind not in sandbox.session(session.id).payment_method_types


@pytest.mark.parametrize(
    ("amount", "currency", "types"),
    [
        (99_999_999, "eur", ["card", "sepa_debit", "customer_balance"]),
        (100_000_000, "eur", ["card"]),
        (9_999_900, "eur", ["card", "sepa_debit", "multibanco", "customer_balance"]),
        (150_000_000, "idr", ["card"]),
        (999_999_999_999, "eur", ["card"]),
        (300_001, "jpy", ["card", "customer_balance"]),
        (119, "jpy", ["card", "customer_balance"]),
    ],
)
def test_a_method_that_cannot_carry_the_amount_is_not_offered(
    sandbox: Sandbox, amount: int, currency: str, types: list[str]
) -> None:
    sandbox.control("account", payment_methods=ALL)
    assert offered(sandbox, amount, currency) == types


def test_an_amount_that_no_card_takes_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        offered(sandbox, 1_000_000_000_000)
    assert caught.value.code == "amount_too_large"
    assert caught.value.user_message == "Amount must be no more than €9,999,999,999.99."


def test_an_american_express_card_pays_nine_digits(sandbox: Sandbox) -> None:
    items = order(amount=1_000_000_000, quantity=1)["line_items"]
    session = sandbox.open_session(line_items=items)
    refused = sandbox.pay(session.id, card="378282246310005")

    assert (refused["outcome"], refused["code"]) == ("declined", "amount_too_large")
    assert sandbox.event_types() == []
    assert sandbox.pay(session.id)["outcome"] == "paid"


def test_a_subscription_takes_only_cards(sandbox: Sandbox) -> None:
    sandbox.control("account", payment_methods=ALL)
    assert open_offer(sandbox).payment_method_types == ["card"]
