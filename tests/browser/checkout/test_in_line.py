"""What customers see while their request waits for the payment provider."""

from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.pages import Pair


def test_after_two_seconds_the_page_says_that_the_customer_is_in_line(page: Page, seats: Pair) -> None:
    page.clock.install()
    pages.choose(page, *seats)
    # Like an answer that doesn't come; Playwright would wait for it, and look at nothing meanwhile.
    page.evaluate("addEventListener('submit', event => event.preventDefault())")
    words = pages.seat_map(page).get_by_text("You’re in line")
    pages.submit_button(pages.seat_map(page)).click()
    expect(words).to_be_hidden()
    page.clock.fast_forward(2_000)
    expect(words).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    expect(words).to_be_hidden()
