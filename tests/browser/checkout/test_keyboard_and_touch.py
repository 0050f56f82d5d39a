"""Without a mouse, and on small screens."""

from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Not a mobile one: that would zoom out until everything fits.
SMALL = {"viewport": {"width": 360, "height": 640}}


def focused_seat(page: Page) -> str:
    return str(page.evaluate("document.activeElement.name === 'seats' ? document.activeElement.value : ''"))


def tab_to_the_map(page: Page) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if focused_seat(page):
            return
    raise AssertionError("Twenty presses of Tab don't lead to a seat.")


def test_the_keyboard_alone_buys_a_seat(page: Page) -> None:
    page.goto(pages.EVENT)
    tab_to_the_map(page)
    for _ in "BCDEFG":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    while focused_seat(page) != "G-14":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(pages.seat(page, "G-14")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Enter")
    pages.session_on(page)


def test_a_phone_buys_by_touch(new_customer: NewCustomer, seats: Pair) -> None:
    page = new_customer(**PHONE)
    page.goto(pages.EVENT)
    for label in seats:
        pages.seat(page, label).tap()
    form = pages.seat_map(page)
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_label("Email").fill("ada@example.com")
    pages.submit_button(form).tap()
    pages.session_on(page)
    pages.pay(page)
    pages.expect_tickets(page, *seats)


def width_beyond(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))


def test_no_page_of_a_purchase_scrolls_sideways_on_a_small_phone(
    new_customer: NewCustomer, stripe: Stripe, seats: Pair
) -> None:
    page = new_customer(**SMALL)
    beyond = {}

    def visit(address: str) -> None:
        page.goto(address)
        beyond[address] = width_beyond(page)

    stripe.withhold()
    visit("/")
    session = pages.order(page, *seats)
    beyond["hosted page"] = width_beyond(page)
    visit(pages.EVENT)
    expect(pages.held(page)).to_be_visible()
    visit(f"/payments/success/?session_id={session}")
    stripe.pay(session)
    stripe.tell("completed", session)
    pages.expect_tickets(page, *seats)
    beyond["tickets"] = width_beyond(page)
    for address in [pages.address_of(page, name) for name in ("Open the ticket", "Open your booking")]:
        visit(address)
    assert beyond == dict.fromkeys(beyond, 0)


def test_no_page_of_a_mishap_scrolls_sideways_on_a_small_phone(
    new_customer: NewCustomer, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("404 (Not Found)")
    watch.expect("409 (Conflict)")
    page = new_customer(**SMALL)
    pages.keep_from_hearing(page)
    pages.choose(page, *seats)
    session = shop.open_checkout(*seats)["session_id"]
    pages.submit_button(pages.seat_map(page)).click()
    expect(page.get_by_role("alert")).to_be_visible()
    beyond = {"taken": width_beyond(page)}
    for address in (f"/payments/cancelled/?session_id={session}", "/nowhere/"):
        page.goto(address)
        beyond[address] = width_beyond(page)
    assert beyond == dict.fromkeys(beyond, 0)
