"""The page after paying, while Stripe's word is late, lost or cut off."""

from playwright.sync_api import Page, Request, expect

from tests.browser.support import pages
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Stripe
from tests.browser.support.watch import Watch

LATE = 31_000  # ms, a little more than the page waits before it asks for verification
DEAD = 36_000  # ms, a little more than it waits for an answer


def verifications(page: Page) -> list[Request]:
    """Return the list of the page's requests for verification; it grows as they are made."""
    found: list[Request] = []
    page.on("request", lambda it: found.append(it) if it.url.endswith("/payment-status/verify") else None)
    return found


def test_while_the_word_is_late_the_page_is_confirming_and_offers_no_second_payment(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    stripe.withhold()
    session = pages.order(page, *seats)
    pages.pay(page)
    pages.expect_confirming(page)
    expect(page.get_by_text("you’re done")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("again", use_inner_text=True)
    assert pages.offers(page) == ["box-office@example.com"]
    pages.mark(page)
    stripe.tell("completed", session)
    pages.expect_tickets(page, *seats)
    assert pages.is_marked(page)


def test_when_the_word_is_lost_the_page_asks_stripe_once_and_shows_the_tickets(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    stripe.withhold()
    session = pages.order(page, *seats)
    page.clock.install()
    asked = verifications(page)
    with pages.asking(page):
        pages.pay(page)
    pages.mark(page)
    page.clock.fast_forward(LATE)
    pages.expect_tickets(page, *seats)
    assert pages.is_marked(page)
    assert [it.method for it in asked] == ["POST"]
    assert stripe.retrievals(session) == 1


def test_a_page_that_waits_for_long_asks_once_by_itself_and_again_when_told_to(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    session = pages.order(page, *seats)
    page.clock.install()
    asked = verifications(page)
    with pages.asking(page):
        page.goto(f"/payments/success/?session_id={session}")
    with page.expect_response("**/payment-status/verify"):
        page.clock.fast_forward(LATE)
    expect(page.get_by_text("taking longer than usual")).to_be_visible()
    page.clock.fast_forward(LATE)
    assert len(asked) == 1
    with page.expect_response("**/payment-status/verify"):
        page.get_by_role("button", name="Check again").click()
    assert len(asked) == 2
    assert stripe.retrievals(session) == 1
    pages.expect_confirming(page)


def test_two_tabs_of_one_purchase_both_turn_into_tickets(page: Page, seats: Pair) -> None:
    session = pages.order(page, *seats)
    other = page.context.new_page()
    other.goto(f"/payments/success/?session_id={session}")
    pages.expect_confirming(other)
    pages.pay(page)
    pages.expect_tickets(page, *seats)
    pages.expect_tickets(other, *seats)


def test_a_page_without_network_says_so_calmly_and_goes_on_by_itself(
    page: Page, stripe: Stripe, watch: Watch, seats: Pair
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    stripe.withhold()
    session = pages.order(page, *seats)
    page.clock.install()
    with pages.asking(page):
        pages.pay(page)
    away = page.get_by_text("reach the box office right now")
    expect(away).to_be_hidden()
    page.context.set_offline(True)
    page.clock.fast_forward(DEAD)
    expect(away).to_be_visible()
    pages.expect_confirming(page)
    stripe.tell("completed", session)
    page.context.set_offline(False)
    pages.expect_tickets(page, *seats)
    expect(away).to_be_hidden()


def test_without_javascript_the_page_reloads_itself_into_the_tickets(
    new_customer: NewCustomer, stripe: Stripe, seats: Pair
) -> None:
    page = new_customer(java_script_enabled=False)
    stripe.withhold()
    session = pages.order(page, *seats)
    pages.pay(page)
    pages.expect_confirming(page)
    stripe.tell("completed", session)
    pages.expect_tickets(page, *seats)
