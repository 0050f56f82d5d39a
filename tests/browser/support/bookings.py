"""Use the customer's list of bookings, in one or more tabs."""

import re
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.support.stack import Shop
from tests.support.patience import wait_for

BOOKINGS = "/bookings/"
SYNC = "/api/bookings/sync"


def buy(shop: Shop, *seats: str, email: str) -> Any:
    """Open a checkout with the address of an account, and return the API's answer."""
    wish = {"event": "demo-night", "seats": seats, "name": "Ada Lovelace", "email": email}
    return httpx.post(f"{shop.site}/api/checkout", json=wish).raise_for_status().json()


def open_tabs(page: Page, number: int, address: str = BOOKINGS) -> list[Page]:
    """Open ``number`` more tabs, wait until their scripts have started, and return all tabs."""
    tabs = [page, *(page.context.new_page() for _ in range(number))]
    for tab in tabs[1:]:
        tab.goto(address)
        if address == BOOKINGS:
            expect_state(tab, "current")
    return tabs


def card(page: Page, booking: Any) -> Locator:
    """Return the card of a booking, given the answer of its checkout."""
    return page.locator(f"#booking-{booking['booking']}")


def cards(page: Page) -> Locator:
    return page.locator("[data-cards] > li")


def expect_status(page: Page, booking: Any, words: str | re.Pattern[str]) -> None:
    """Require that the card of ``booking`` shows this status."""
    expect(card(page, booking).locator(".badge:visible")).to_have_text(words)


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("[data-sync-url]")).to_have_attribute("data-state", state)


def said(page: Page) -> Locator:
    """Return the element with the last announcement to screen readers."""
    return page.locator("[data-said]")


def note_questions(page: Page, address: str = SYNC) -> list[Request]:
    """Return a list of the tabs' requests to ``address``, which grows with each request."""
    found: list[Request] = []

    def note(request: Request) -> None:
        if re.search(rf"{address}(\?|$)", request.url):
            found.append(request)

    page.context.on("request", note)
    return found


def askers(questions: list[Request]) -> set[Page]:
    """Return the tabs that sent requests to be held."""
    return {request.frame.page for request in questions if "prefer" in request.headers}


def expect_held(shop: Shop, number: int) -> None:
    """Wait until the server holds this many requests."""
    wait_for(lambda: held_requests(shop) == number, f"{number} held requests")


def held_requests(shop: Shop) -> int:
    metrics = httpx.get(f"{shop.site}/metrics").text
    [line] = [line for line in metrics.splitlines() if line.startswith("admit_held_requests ")]
    return int(float(line.split()[1]))
