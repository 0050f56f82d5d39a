"""What customers see while their request waits for the payment provider."""

from playwright.sync_api import Page, Route, expect

from tests.browser.support import pages
from tests.browser.support.pages import Pair

CHECKOUT = "**/events/demo-night/checkout/"


def test_after_two_seconds_the_page_says_that_the_customer_is_in_line(page: Page, seats: Pair) -> None:
    page.clock.install()
    pages.choose(page, *seats)
    waiting: list[Route] = []
    page.route(CHECKOUT, waiting.append)
    words = pages.seat_map(page).get_by_text("you’re in line")
    button = pages.submit_button(pages.seat_map(page)).bounding_box()
    assert button
    with page.expect_request(CHECKOUT):
        page.mouse.click(button["x"] + 10, button["y"] + 10)
    expect(words).to_be_hidden()
    page.clock.fast_forward(2_000)
    expect(words).to_be_visible()
    waiting[0].continue_()
    pages.session_on(page)
