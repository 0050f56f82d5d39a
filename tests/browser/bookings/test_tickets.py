"""Tickets in the hand: swiped, printed, without JavaScript, and without a network."""

from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.accounts import sign_in
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.qr import read_tokens, verify
from tests.browser.support.stack import Shop
from tests.browser.support.watch import Watch
from tests.support.patience import wait_for

VALID = """
    SELECT 1 FROM bookings_ticket
      JOIN bookings_booking ON bookings_booking.id = booking_id
     WHERE reference = %s AND bookings_ticket.status <> 'void'
"""
SEEN = """
seat => {
  const seats = [...document.querySelectorAll(".deck-seat strong")]
  const window = document.querySelector("[data-cards]").getBoundingClientRect()
  const isSeen = ({ left, right }) => left >= window.left && right <= window.right
  return seats.filter(it => isSeen(it.getBoundingClientRect())).map(it => it.textContent).join() === seat
}
"""
COPY = """
async isThere => {
  for (let tries = 0; tries < 300; tries++) {
    if (Boolean(await caches.match(location.pathname, { ignoreVary: true })) === isThere) return true
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
"""
LOCKS = "() => navigator.wakeLock.asked"
# Chromium without a window has no screen to keep on, so the test takes the place of its lock.
LOCK = """
Object.defineProperty(navigator, "wakeLock", { value: {
  asked: [],
  async request(kind) {
    this.asked.push(kind)
    return { release: () => this.asked.push("released") }
  },
} })
"""


class Bought:
    """Two seats that were bought, and the addresses of their tickets."""

    def __init__(self, shop: Shop, *seats: str) -> None:
        self.shop = shop
        self.answer = shop.open_checkout(*seats)
        self.session = str(self.answer["session_id"])
        shop.stripe.pay(self.session)
        self.all = f"/bookings/{self.answer['booking']}/tickets/"

    def codes(self, page: Page) -> list[str]:
        """Wait for the tickets and return their codes."""
        page.goto(f"/payments/success/?session_id={self.session}")
        expect(pages.heading(page, "You’re going to Demo Night")).to_be_visible()
        return pages.ticket_codes(page)

    def void(self) -> None:
        """Let the money go back, and wait until the tickets are void."""
        self.shop.stripe.refund(self.session)
        wait_for(lambda: not self.shop.rows(VALID, self.answer["booking"]), "the tickets are void")


def expect_in_view(page: Page, seat: str, position: str) -> None:
    expect(page.get_by_role("status").filter(has_text=position)).to_be_visible()
    page.wait_for_function(SEEN, arg=seat)


def expect_copy(page: Page, *, there: bool = True) -> None:
    """Wait until the browser keeps a copy of the page that is shown, or none."""
    assert page.evaluate(COPY, there), f"A copy that should be there: {there}"


# All tickets on one page


def test_tickets_are_turned_by_arrow_keys_and_the_position_is_told(
    page: Page, shop: Shop, seats: Pair
) -> None:
    bought = Bought(shop, *seats)
    bought.codes(page)
    page.goto(bought.all)
    page.get_by_role("list", name="Your tickets").focus()

    expect_in_view(page, seats[0], "1 of 2")
    page.keyboard.press("ArrowRight")
    expect_in_view(page, seats[1], "2 of 2")
    page.keyboard.press("ArrowRight")
    expect_in_view(page, seats[1], "2 of 2")
    page.keyboard.press("Home")
    expect_in_view(page, seats[0], "1 of 2")


def test_tickets_are_turned_by_buttons_which_know_where_the_ends_are(
    page: Page, shop: Shop, seats: Pair
) -> None:
    bought = Bought(shop, *seats)
    bought.codes(page)
    page.goto(bought.all)
    back, on = page.get_by_role("button", name="Previous"), page.get_by_role("button", name="Next")

    expect(back).to_be_disabled()
    on.click()
    expect_in_view(page, seats[1], "2 of 2")
    expect(on).to_be_disabled()
    back.click()
    expect_in_view(page, seats[0], "1 of 2")


def test_each_ticket_is_read_by_a_scanner_from_a_phone_in_the_dark(
    new_customer: NewCustomer, shop: Shop, seats: Pair
) -> None:
    page = new_customer(viewport={"width": 390, "height": 844}, color_scheme="dark")
    bought = Bought(shop, *seats)
    codes = bought.codes(page)
    page.goto(bought.all)

    shown = [verify(token)[2] for token in read_tokens(pages.photograph(page))]
    page.get_by_role("button", name="Next").click()
    expect_in_view(page, seats[1], "2 of 2")
    shown += [verify(token)[2] for token in read_tokens(pages.photograph(page))]

    assert shown == codes
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_screen_stays_on_until_that_is_switched_off(page: Page, shop: Shop, seats: Pair) -> None:
    page.add_init_script(LOCK)
    bought = Bought(shop, *seats)
    bought.codes(page)
    page.goto(bought.all)
    switch = page.get_by_role("button", name="Keep the screen on")

    expect(switch).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => navigator.wakeLock.asked.length === 1")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(LOCKS) == ["screen", "released"]


def test_without_javascript_the_tickets_are_one_below_the_other(
    new_customer: NewCustomer, shop: Shop, page: Page, seats: Pair
) -> None:
    bought = Bought(shop, *seats)
    codes = bought.codes(page)
    plain = new_customer(java_script_enabled=False, viewport={"width": 360, "height": 640})
    plain.goto(bought.all)

    boxes = [image.bounding_box() for image in plain.get_by_role("img", name="QR code").all()]
    assert [box["x"] for box in boxes if box] == [boxes[0]["x"]] * 2  # type: ignore[index]
    expect(plain.get_by_role("button", name="Next")).to_have_count(0)
    shown = [verify(token)[2] for token in read_tokens(plain.screenshot(full_page=True))]
    assert shown == codes


def test_on_paper_each_ticket_has_a_page_of_its_own(page: Page, shop: Shop, seats: Pair) -> None:
    bought = Bought(shop, *seats)
    bought.codes(page)
    page.goto(bought.all)
    page.get_by_role("button", name="Next").click()
    page.emulate_media(media="print")

    expect(page.get_by_role("img", name="QR code")).to_have_count(2)
    expect(page.get_by_role("button", name="Next")).to_have_count(0)
    tops = [box["y"] for image in page.locator(".deck-card").all() if (box := image.bounding_box())]
    assert tops == sorted(set(tops))
    assert page.pdf().count(b"/Type /Page\n") == 2


def test_a_booking_that_isnt_paid_has_no_tickets_to_show(page: Page, shop: Shop, seats: Pair) -> None:
    booking = shop.open_checkout(*seats)["booking"]
    page.goto(f"/bookings/{booking}/tickets/")

    assert page.url == f"{shop.site}/bookings/{booking}/"


# Without a network


def test_a_ticket_that_was_opened_is_shown_without_a_network_and_says_so(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    code = Bought(shop, *seats).codes(page)[0]
    page.goto(f"/tickets/{code}/")
    expect_copy(page)

    page.context.set_offline(True)
    page.reload()

    expect(page.get_by_text("You’re offline. This is the ticket as of")).to_be_visible()
    assert [verify(token)[2] for token in read_tokens(pages.photograph(page))] == [code]
    page.context.set_offline(False)
    expect(page.get_by_text("You’re offline")).to_be_hidden()


def test_all_tickets_are_shown_without_a_network(page: Page, shop: Shop, watch: Watch, seats: Pair) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    bought = Bought(shop, *seats)
    codes = bought.codes(page)
    page.goto(bought.all)
    expect_copy(page)

    page.context.set_offline(True)
    page.reload()

    expect(page.get_by_text("You’re offline")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect_in_view(page, seats[1], "2 of 2")

    def shown() -> list[str]:  # The page may still be gliding there.
        return [verify(token)[2] for token in read_tokens(pages.photograph(page, full=True))]

    wait_for(lambda: shown() == codes[1:], "the second ticket is all that is shown")


def test_a_ticket_that_was_voided_says_so_as_soon_as_there_is_a_network(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    bought = Bought(shop, *seats)
    code = bought.codes(page)[0]
    page.goto(f"/tickets/{code}/")
    expect_copy(page)
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_text("You’re offline")).to_be_visible()
    bought.void()

    page.context.set_offline(False)

    expect(page.get_by_role("heading", name="Not valid")).to_be_visible()
    expect_copy(page, there=False)


def test_a_ticket_that_was_never_opened_is_not_kept(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    first, second = Bought(shop, *seats).codes(page)
    page.goto(f"/tickets/{first}/")
    expect_copy(page)

    assert page.evaluate("url => caches.match(url).then(Boolean)", f"/tickets/{second}/") is False
    assert page.evaluate("() => caches.match('/').then(Boolean)") is False


def test_signing_out_leaves_no_copies(page: Page, shop: Shop, seats: Pair) -> None:
    code = Bought(shop, *seats).codes(page)[0]
    sign_in(page, shop, "ada.signs.out@example.com")
    page.goto(f"/tickets/{code}/")
    expect_copy(page)

    page.goto("/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/account/signed-out/")

    assert page.evaluate("() => caches.keys()") == []


def test_copies_of_an_earlier_version_are_deleted(page: Page, shop: Shop, seats: Pair) -> None:
    code = Bought(shop, *seats).codes(page)[0]
    page.evaluate("() => caches.open('ticket 0 /tickets/OLD/')")
    page.evaluate("() => caches.open('somebody else')")
    page.goto(f"/tickets/{code}/")
    expect_copy(page)

    assert page.evaluate("() => caches.keys()") == ["somebody else", f"ticket 1 /tickets/{code}/"]


def test_whoever_opens_no_ticket_has_no_worker(page: Page, shop: Shop, seats: Pair) -> None:
    Bought(shop, *seats).codes(page)
    page.goto("/")

    assert page.evaluate("() => navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
