"""Payment methods that have a name in test mode."""

from typing import Any

import pytest
import stripe

from sandbox.payments import cards
from sandbox.payments.named_cards import NUMBERS
from tests.sandbox.support.process import Sandbox


def attach(sandbox: Sandbox, name: str) -> Any:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"})
    return sandbox.stripe.payment_methods.attach(name, {"customer": customer.id})


def test_a_name_is_a_new_card_each_time(sandbox: Sandbox) -> None:
    first, second = attach(sandbox, "pm_card_visa"), attach(sandbox, "pm_card_visa")

    assert first.id != second.id
    assert first.customer != second.customer
    assert (first.card.last4, first.allow_redisplay) == ("4242", "unspecified")
    assert first.billing_details.address.country is None
    assert sandbox.event_types().count("payment_method.attached") == 2


def test_a_declined_card_cannot_be_attached(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.CardError) as caught:
        attach(sandbox, "pm_card_chargeDeclinedInsufficientFunds")

    error: Any = caught.value.error
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (402, "card_declined", "")
    assert (error.decline_code, error.network_decline_code) == ("insufficient_funds", "51")
    assert "payment_method.attached" not in sandbox.event_types()


def test_a_card_that_only_fails_later_can_be_attached(sandbox: Sandbox) -> None:
    assert attach(sandbox, "pm_card_chargeCustomerFail").card.last4 == "0341"


def test_an_unknown_name_is_missing(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod: 'pm_card_bogus'"):
        attach(sandbox, "pm_card_bogus")


def test_every_name_is_that_of_a_test_card() -> None:
    assert [name for name, number in NUMBERS.items() if number not in cards.CARDS] == []
