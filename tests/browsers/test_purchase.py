"""Two seats, from the event's page to the tickets, where the engine isn't Chromium's."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.support.stack import Shop, running_shop
from tests.browsers import firefox, webkit
from tests.browsers.driver import Driver

pytestmark = pytest.mark.skipif("BROWSERS" not in os.environ, reason="`make browsers` runs these.")

FREE = "return [...document.querySelectorAll('input[name=seats]:enabled')].map(seat => seat.value)"
ENGINES = {"firefox": firefox, "webkit": webkit}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(params=ENGINES)
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    engine = ENGINES[request.param]
    if engine.installed() is None:
        pytest.skip("It isn't installed: `make browsers` says what is needed.")
    with engine.running(tmp_path) as driver:
        yield driver


def test_two_seats_are_chosen_paid_and_become_tickets(browser: Driver, shop: Shop) -> None:
    browser.open(f"{shop.site}/events/demo-night/")
    seats = browser.script(FREE)[20:22]
    for label in seats:
        browser.click(f"input[name=seats][value={label}]")
    form = "form:has(input[name=seats])"
    browser.type(f"{form} input[name=name]", "Grace Hopper")
    browser.type(f"{form} input[name=email]", "grace@example.com")
    browser.click(f"{form} button[type=submit]:not([hidden], [form])")

    session = browser.wait_for_url("/c/pay/").rpartition("/")[2].partition("#")[0]
    for name, text in (("cardNumber", "4242424242424242"), ("cardExpiry", "1234"), ("cardCvc", "123")):
        browser.type(f"input[name={name}]", text)
    browser.type("input[name=billingName]", "Grace Hopper")
    browser.click("[data-testid=hosted-payment-submit-button]")

    browser.wait_for_url(f"/payments/success/?session_id={session}")
    assert browser.texts(".admission-seat") == seats
    assert browser.script("return document.querySelectorAll('.admission img').length > 1")
