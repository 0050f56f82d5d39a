"""The doctor's check of what is switched on for the payment page, and a shop whose switch Stripe refuses."""

import logging
from typing import Any

import pytest
from django.test import Client

from payments.doctor.checkout import examine_options
from payments.doctor.findings import Severity
from payments.models import PaymentStatus
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver

WISH = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}


def switch_on(settings: Any, *names: str) -> None:
    settings.STRIPE_CHECKOUT_OPTIONS = {**settings.STRIPE_CHECKOUT_OPTIONS, **dict.fromkeys(names, True)}


def test_where_nothing_is_switched_on_nothing_is_opened(stripe: Sandbox, event: Any) -> None:
    assert list(examine_options()) == []
    assert stripe.sessions() == []


def test_what_stripe_takes_is_tried_and_closed_again(stripe: Sandbox, event: Any, settings: Any) -> None:
    switch_on(settings, "automatic_tax")

    (finding,) = examine_options()

    assert (finding.check, finding.severity) == ("checkout", Severity.OK)
    assert "automatic_tax" in finding.words
    assert [session["status"] for session in stripe.sessions()] == ["expired"]
    assert stripe.sessions()[0]["metadata"] == {}


def test_what_stripe_refuses_is_a_fault_that_names_its_switch(
    stripe: Sandbox, event: Any, settings: Any
) -> None:
    switch_on(settings, "terms_of_service")  # The account has no address for them.

    (finding,) = examine_options()

    assert (finding.check, finding.severity) == ("checkout", Severity.FAULT)
    assert "STRIPE_TERMS_OF_SERVICE" in finding.remedy
    assert "STRIPE_INVOICES" not in finding.remedy


def test_a_sale_that_stripe_refuses_is_an_error_in_the_log(
    stripe: Sandbox, event: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    switch_on(settings, "terms_of_service")

    answer = Client().post("/api/checkout", WISH, content_type="application/json")

    assert answer.status_code == 503
    refused = [record for record in caplog.records if "no session" in record.getMessage()]
    assert [record.levelno for record in refused] == [logging.ERROR]


def test_a_tax_that_is_in_the_price_leaves_the_total_as_it_was(
    buy: Buy, stripe: Sandbox, deliver: Deliver, settings: Any
) -> None:
    switch_on(settings, "automatic_tax")
    purchase = buy()
    stripe.pay(purchase.session_id)

    deliver("completed", purchase)

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.payment.amount_received == 8400
