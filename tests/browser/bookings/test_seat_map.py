"""The seat map while others buy: what is shown, what is said, and what stays chosen."""

import re
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect
from psycopg import sql

from tests.browser.support import pages
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALL = {"viewport": {"width": 360, "height": 640}}
TARGET = 24  # px


@pytest.fixture(scope="module")
def _own_pairs(shop: Shop) -> Iterator[Pair]:
    """Rows of this module's own: other tests take no seats here, and a free one is left beside each pair."""
    change(shop, OWN_ROWS)
    return ((f"{row}-{n}", f"{row}-{n + 1}") for row in "MNOPQ" for n in range(1, 15, 3))


@pytest.fixture
def seats(_own_pairs: Iterator[Pair]) -> Pair:
    return next(_own_pairs)


NEW_SEAT = (
    "INSERT INTO bookings_seat (row, number, label, price, event_id) "
    "SELECT 'Z', 1, 'Z-1', 2400, id FROM bookings_event WHERE slug = 'demo-night'"
)
NO_NEW_SEAT = "DELETE FROM bookings_seat WHERE label = 'Z-1'"
OWN_ROWS = (
    "INSERT INTO bookings_seat (row, number, label, price, event_id) "
    "SELECT row, number, row || '-' || number, 2400, event.id FROM bookings_event AS event, "
    "unnest(ARRAY['M', 'N', 'O', 'P', 'Q']) AS row, generate_series(1, 15) AS number "
    "WHERE event.slug = 'demo-night'"
)


def change(shop: Shop, statement: LiteralString | sql.Composed) -> None:
    """Change the seats behind the shop's back, and tell everybody."""
    with psycopg.connect(shop.database, autocommit=True) as connection:
        connection.execute(statement)
        connection.execute(
            "SELECT pg_notify('admit', 'event:' || id) FROM bookings_event WHERE slug = 'demo-night'"
        )


@pytest.fixture
def looker(new_customer: NewCustomer) -> Page:
    """Somebody who looks at the map while others buy."""
    page = new_customer()
    page.goto(pages.EVENT)
    return page


def expect_state(page: Page, state: str, *seats: str) -> None:
    for label in seats:
        expect(pages.seat(page, label)).to_have_attribute("data-state", state)


def expect_open(page: Page, *seats: str) -> None:
    for label in seats:
        expect(pages.seat(page, label)).to_be_enabled()


def news(page: Page) -> Locator:
    return page.locator("[data-news] p:visible")


def total(page: Page) -> Locator:
    return page.locator("[data-chosen]")


def test_a_seat_goes_through_its_states_on_everybody_elses_map(
    looker: Page, page: Page, stripe: Stripe, seats: Pair
) -> None:
    pages.mark(looker)
    session = pages.order(page, *seats)
    expect_state(looker, "held", *seats)
    expect(pages.seat(looker, seats[0])).to_have_accessible_name(re.compile("on hold for somebody else$"))
    stripe.pay(session)
    expect_state(looker, "taken", *seats)
    expect(pages.seat(looker, seats[0])).to_have_accessible_name(re.compile("taken$"))
    assert pages.is_marked(looker)


def test_seats_that_are_let_go_can_be_chosen_again_on_everybody_elses_map(
    looker: Page, page: Page, seats: Pair
) -> None:
    pages.order(page, *seats)
    expect_state(looker, "held", *seats)
    page.get_by_role("link", name="Back to").click()
    expect(pages.heading(page, "Your booking is cancelled")).to_be_visible()
    expect_open(looker, *seats)
    pages.seat(looker, seats[0]).check()
    expect(total(looker)).to_contain_text("1 seat")


def test_the_chips_count_with(looker: Page, shop: Shop, seats: Pair) -> None:
    left = looker.get_by_role("button", name="All prices").locator("[data-left]")
    before = int(left.inner_text())
    shop.open_checkout(*seats)
    expect_state(looker, "held", *seats)
    assert int(left.inner_text()) == before - 2


def test_a_chosen_seat_that_somebody_takes_is_taken_off_with_a_word_and_the_rest_stays(
    looker: Page, shop: Shop, seats: Pair
) -> None:
    for label in seats:
        pages.seat(looker, label).check()
    expect(total(looker)).to_contain_text("2 seats")
    looker.get_by_label("Your name").first.focus()
    shop.open_checkout(seats[0])
    expect(news(looker)).to_contain_text(f"{seats[0]} was just taken, so we removed it.")
    expect(total(looker)).to_contain_text("1 seat")
    expect(pages.seat(looker, seats[0])).not_to_be_checked()
    expect(pages.seat(looker, seats[1])).to_be_checked()
    expect(looker.get_by_label("Your name").first).to_be_focused()


def test_who_stands_on_the_seat_that_is_lost_keeps_the_focus_and_goes_on_from_there(
    looker: Page, shop: Shop, seats: Pair
) -> None:
    seat = pages.seat(looker, seats[0])
    seat.focus()
    looker.keyboard.press("Space")
    shop.open_checkout(seats[0])
    expect(news(looker)).to_contain_text("was just taken")
    expect(seat).to_be_focused()
    looker.keyboard.press("Space")
    expect(seat).not_to_be_checked()
    looker.keyboard.press("ArrowRight")
    expect(pages.seat(looker, seats[1])).to_be_focused()
    expect(seat).to_be_disabled()


def test_who_loses_the_race_takes_the_seat_beside_with_one_press(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("409 (Conflict)")
    pages.keep_from_hearing(page)
    pages.choose(page, seats[0], name="Grace Hopper", email="grace@example.com")
    shop.open_checkout(seats[0])
    pages.submit_button(pages.seat_map(page)).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(f"Seat {seats[0]} was just taken.")
    expect(page.locator("[data-offered]")).to_have_count(1)
    offered = page.locator("[data-offered]").get_attribute("value")
    alert.get_by_role("button", name=f"Take {offered} and continue to payment").click()
    session = pages.session_on(page)
    assert shop.rows(
        "SELECT seat.label FROM bookings_seat AS seat JOIN bookings_booking AS booking"
        " ON booking.id = seat.booking_id JOIN payments_payment AS payment"
        " ON payment.booking_id = booking.id WHERE payment.session_id = %s",
        session,
    ) == [(offered,)]


def test_a_page_that_lost_a_race_goes_on_being_up_to_date(
    page: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("409 (Conflict)")
    pages.keep_from_hearing(page)
    pages.choose(page, seats[0])
    shop.open_checkout(seats[0])
    pages.submit_button(pages.seat_map(page)).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.unroute("**/api/events/*/seats")
    change(shop, NEW_SEAT)
    expect(pages.seat(page, "Z-1")).to_be_enabled()
    change(shop, NO_NEW_SEAT)
    expect(pages.seat(page, "Z-1")).to_have_count(0)


def test_without_javascript_the_map_is_a_form_and_the_race_is_lost_as_politely(
    new_customer: NewCustomer, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("409 (Conflict)")
    page = new_customer(java_script_enabled=False)
    pages.choose(page, *seats)
    expect(page.locator("[data-tools]")).to_be_hidden()
    shop.open_checkout(seats[0])
    pages.submit_button(pages.seat_map(page)).click()
    expect(pages.seat(page, seats[1])).to_be_checked()
    page.get_by_role("button", name=re.compile("^Take .* and continue to payment$")).click()
    pages.session_on(page)


def test_own_seats_are_marked_as_own_and_counted_down(page: Page, looker: Page, seats: Pair) -> None:
    pages.order(page, *seats)
    page.goto(pages.EVENT)
    expect_state(page, "mine", *seats)
    expect_state(looker, "held", *seats)
    expect(pages.held(page).get_by_role("timer")).to_have_text(re.compile(r"^1[12]:\d\d left$"))


def test_before_the_time_to_pay_is_over_the_page_says_so_and_then_what_happens(
    page: Page, seats: Pair
) -> None:
    pages.order(page, *seats)
    page.clock.install()
    page.goto(pages.EVENT)
    warning = page.locator("[data-warn]:visible")
    expect(warning).to_have_count(0)
    page.clock.fast_forward("07:30")
    expect(warning).to_have_text("You have 5 minutes left to pay.")
    page.clock.fast_forward("04:00")
    expect(warning).to_have_text("You have 1 minute left to pay.")
    page.clock.fast_forward("01:00")
    expect(warning).to_contain_text("Nothing was charged")
    banner = page.get_by_role("region", name="Your time to pay has run out")
    expect(banner).to_be_visible()
    expect(banner.get_by_role("link", name="Continue to payment")).to_have_count(0)


def test_the_banner_knows_when_the_seats_are_bought_or_let_go_in_another_tab(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    first = pages.order(page, seats[0])
    second = page.context.new_page()
    pages.order(second, seats[1])
    page.goto(pages.EVENT)
    stripe.pay(first)
    expect(page.get_by_role("region", name="These seats are yours now")).to_be_visible()
    expect_state(page, "mine", *seats)
    second.get_by_role("link", name="Back to").click()
    expect(page.get_by_role("region", name="The seats are free again")).to_be_visible()
    expect_open(page, seats[1])


SMALL_EVENT = """
    INSERT INTO bookings_event (slug, title, {columns})
    SELECT 'small-night', 'Small Night', {columns} FROM bookings_event WHERE slug = 'demo-night'
"""
ONLY_SEAT = """
    INSERT INTO bookings_seat (row, number, label, price, event_id)
    SELECT 'A', 1, 'A-1', 2400, id FROM bookings_event WHERE slug = 'small-night'
"""
COLUMNS = """
    SELECT column_name FROM information_schema.columns
     WHERE table_name = 'bookings_event' AND column_name NOT IN ('id', 'slug', 'title')
"""


def test_a_sold_out_page_counts_down_for_who_holds_the_seat_and_calls_who_waits_for_it(
    page: Page, new_customer: NewCustomer, shop: Shop
) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in shop.rows(COLUMNS))
    change(shop, sql.SQL(SMALL_EVENT).format(columns=columns))
    change(shop, ONLY_SEAT)
    page.goto("/events/small-night/")
    pages.seat(page, "A-1").check()
    pages.seat_map(page).get_by_label("Your name").fill("Ada Lovelace")
    pages.seat_map(page).get_by_label("Email").fill("ada@example.com")
    pages.submit_button(pages.seat_map(page)).click()
    pages.session_on(page)
    waiting = new_customer()
    waiting.goto("/events/small-night/")
    expect(waiting.get_by_role("heading", name="Sold out")).to_be_visible()
    page.goto("/events/small-night/")
    expect(pages.held(page).get_by_role("timer")).to_contain_text("left")
    pages.held(page).get_by_role("button", name="Release seats").click()
    waiting.get_by_role("link", name="Tickets are available again").click()
    expect(pages.seat(waiting, "A-1")).to_be_enabled()


def test_the_best_are_chosen_on_the_map_with_one_press(looker: Page) -> None:
    looker.get_by_role("group", name="Best available").get_by_label("Number of seats").fill("3")
    looker.get_by_role("button", name="Pick the best").click()
    expect(looker.locator("[name=seats]:checked")).to_have_count(3)
    expect(total(looker)).to_contain_text("3 seats")
    expect(news(looker)).to_contain_text("The best free seats:")
    looker.get_by_role("group", name="Best available").get_by_label("Number of seats").press("Enter")
    expect(looker.locator("[name=seats]:checked")).to_have_count(3)
    assert looker.url.endswith(pages.EVENT)


def test_a_number_that_makes_no_sense_holds_up_nothing_else(page: Page, seats: Pair) -> None:
    pages.choose(page, *seats)
    page.get_by_role("group", name="Best available").get_by_label("Number of seats").fill("99")
    page.get_by_role("button", name="Pick the best").click()
    expect(page.locator("[name=seats]:checked")).to_have_count(2)
    pages.submit_button(pages.seat_map(page)).click()
    pages.session_on(page)


@pytest.fixture
def slow(stripe: Stripe) -> Iterator[Stripe]:
    """Stripe, which takes its time for a new session."""
    stripe.fault("POST /v1/checkout/sessions", "slow_ms", ms=1_500)
    yield stripe
    stripe.clear_faults()


def note_news(page: Page) -> None:
    """Let the tab remember every piece of news that it shows, also beyond this page."""
    page.evaluate("""() => {
      const news = document.querySelector("[data-news]")
      const note = () => {
        const shown = [...news.children].filter(it => !it.hidden).map(it => it.dataset.say)
        sessionStorage.setItem("told", [sessionStorage.getItem("told"), ...shown].filter(Boolean).join())
      }
      new MutationObserver(note).observe(news, { attributes: true, subtree: true })
    }""")


def told(page: Page) -> str | None:
    return page.evaluate("sessionStorage.getItem('told')")


def test_who_buys_the_best_isnt_told_that_they_were_just_taken(page: Page, slow: Stripe) -> None:
    page.goto(pages.EVENT)
    page.get_by_role("button", name="Pick the best").click()
    expect(page.locator("[name=seats]:checked")).to_have_count(2)
    note_news(page)
    form = pages.seat_map(page)
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_label("Email").fill("ada@example.com")
    pages.submit_button(form).click()
    pages.session_on(page)
    page.goto(pages.EVENT)
    assert "lost" not in (told(page) or "")
    pages.held(page).get_by_role("button", name="Release seats").click()
    # Others want the best seats of row A.
    expect(pages.heading(page, "Your booking is cancelled")).to_be_visible()


def test_seats_that_were_bought_in_another_tab_are_ones_own(page: Page, slow: Stripe, seats: Pair) -> None:
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(pages.EVENT)
        pages.seat(tab, seats[0]).check()
    note_news(other)
    pages.choose_here(page, seats[0])
    pages.submit_button(pages.seat_map(page)).click()
    expect_state(other, "mine", seats[0])
    expect(pages.held(other).get_by_role("timer")).to_contain_text("left")
    assert told(other) is None


def test_a_map_without_network_says_so_and_catches_up_by_itself(
    looker: Page, shop: Shop, watch: Watch, seats: Pair
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    away = looker.get_by_text("reach the box office right now")
    expect(away).to_be_hidden()
    looker.context.set_offline(True)
    expect(away).to_be_visible()
    shop.open_checkout(*seats)
    looker.context.set_offline(False)
    expect_state(looker, "held", *seats)
    expect(away).to_be_hidden()


def test_rows_that_are_added_appear_and_choices_stay(looker: Page, shop: Shop, seats: Pair) -> None:
    pages.seat(looker, seats[0]).check()
    pages.mark(looker)
    change(shop, NEW_SEAT)
    expect(pages.seat(looker, "Z-1")).to_be_enabled()
    expect(pages.seat(looker, seats[0])).to_be_checked()
    expect(news(looker)).to_contain_text("The organiser has just changed the seats")
    assert pages.is_marked(looker)
    change(shop, NO_NEW_SEAT)
    expect(pages.seat(looker, "Z-1")).to_have_count(0)


# By hand


def width(page: Page, label: str = "A-1") -> float:
    box = pages.seat(page, label).bounding_box()
    assert box
    return box["width"]


def test_buttons_and_keys_change_the_size_of_the_map_and_nothing_else(looker: Page) -> None:
    before = width(looker)
    looker.get_by_role("button", name="Zoom in").click()
    assert width(looker) == pytest.approx(before * 1.25, abs=0.5)
    pages.seat(looker, "A-1").focus()
    looker.keyboard.press("+")
    assert width(looker) == pytest.approx(before * 1.25**2, abs=0.5)
    looker.keyboard.press("-")
    looker.keyboard.press("-")
    assert width(looker) == pytest.approx(before, abs=0.5)
    expect(looker.get_by_role("button", name="Zoom out")).to_have_attribute("aria-disabled", "true")
    expect(looker.locator("[name=seats]:checked")).to_have_count(0)


def test_the_whole_map_has_every_seat_within_its_row(looker: Page) -> None:
    looker.get_by_role("button", name="Whole map").click()
    for row in looker.locator(".row").all():
        whole, last = row.bounding_box(), row.locator(".seat").last.bounding_box()
        assert whole
        assert last
        assert last["x"] + last["width"] <= whole["x"] + whole["width"]


@pytest.fixture
def fingers(new_customer: NewCustomer) -> Iterator[tuple[Page, CDPSession]]:
    page = new_customer(**PHONE)
    page.goto(pages.EVENT)
    session = page.context.new_cdp_session(page)
    yield page, session
    session.detach()


def place(page: Page, label: str) -> tuple[float, float]:
    """Return where the middle of a seat is in the window."""
    box = pages.seat(page, label).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pinch(hand: CDPSession, x: float, y: float, *, to: tuple[float, float]) -> None:
    """Put two fingers down around (x, y), and move them twice as far from each other, around ``to``."""

    def touch(kind: str, *shares: float) -> None:
        points = [
            {"x": x + share * (to[0] - x) + side * (30 + share * 30), "y": y + share * (to[1] - y)}
            for share in shares
            for side in (-1, 1)
        ]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0)
    for share in (0.3, 0.6, 1):
        touch("touchMove", share)
    touch("touchEnd")


def test_two_fingers_enlarge_the_map_and_leave_the_page_as_it_is(fingers: tuple[Page, CDPSession]) -> None:
    page, hand = fingers
    pages.seat(page, "D-6").scroll_into_view_if_needed()
    before = width(page, "D-6")
    x, y = place(page, "D-6")
    pinch(hand, x, y, to=(x, y))
    assert width(page, "D-6") == pytest.approx(2 * before, rel=0.1)
    assert page.evaluate("visualViewport.scale") == 1
    expect(page.locator("[name=seats]:checked")).to_have_count(0)


def test_what_was_between_two_fingers_stays_between_them(fingers: tuple[Page, CDPSession]) -> None:
    page, hand = fingers
    page.locator("[data-scroll]").evaluate("it => it.scrollIntoView({ block: 'center' })")
    x, y = place(page, "E-7")
    to = (x - 40, y - 20)
    pinch(hand, x, y, to=to)
    assert place(page, "E-7") == pytest.approx(to, abs=2)


def test_buttons_enlarge_what_is_in_the_middle(looker: Page) -> None:
    page = looker
    middle = """scroll => {
      const { left, top, width, height } = scroll.getBoundingClientRect()
      return document.elementFromPoint(left + width / 2, top + height / 2).closest(".row").dataset.row
    }"""
    scroll = page.locator("[data-scroll]")
    scroll.scroll_into_view_if_needed()
    page.get_by_role("button", name="Zoom in").click()
    before = scroll.evaluate(middle)
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    assert scroll.evaluate(middle) == before


def test_the_whole_map_fits_on_a_phone_that_was_turned(fingers: tuple[Page, CDPSession]) -> None:
    page, _hand = fingers
    page.set_viewport_size({"width": 844, "height": 390})
    page.get_by_role("button", name="Whole map").tap()
    assert page.locator("[data-scroll]").evaluate("it => it.scrollWidth - it.clientWidth") == 0


def test_tab_comes_to_one_seat_and_goes_on_behind_the_map(looker: Page, shop: Shop, seats: Pair) -> None:
    pages.seat(looker, seats[0]).focus()
    looker.keyboard.press("Tab")
    expect(looker.get_by_label("Your name").first).to_be_focused()
    shop.open_checkout(seats[0])
    expect_state(looker, "held", seats[0])
    looker.keyboard.press("Shift+Tab")
    assert looker.evaluate("document.activeElement.matches('[name=seats]:enabled')")


def test_a_mouse_drags_the_map_without_choosing_a_seat(looker: Page, seats: Pair) -> None:
    first, second = seats
    for _ in range(4):
        looker.get_by_role("button", name="Zoom in").click()
    scroll = looker.locator("[data-scroll]")
    pages.seat(looker, first).scroll_into_view_if_needed()
    before = scroll.evaluate("it => it.scrollLeft")
    box = pages.seat(looker, first).bounding_box()
    assert box
    looker.mouse.move(box["x"] + 10, box["y"] + 10)
    looker.mouse.down()
    looker.mouse.move(box["x"] - 60, box["y"] + 10, steps=4)
    looker.mouse.up()
    assert scroll.evaluate("it => it.scrollLeft") == pytest.approx(before + 70, abs=2)
    expect(looker.locator("[name=seats]:checked")).to_have_count(0)
    pages.seat(looker, second).click()
    expect(pages.seat(looker, second)).to_be_checked()


def test_nothing_that_has_the_focus_is_beneath_the_bar(
    new_customer: NewCustomer, shop: Shop, seats: Pair
) -> None:
    page = new_customer(**SMALL)
    page.goto(pages.EVENT)
    bar = page.locator("[data-bar]")
    for label in seats:
        pages.seat(page, label).check()
    shop.open_checkout(seats[0])
    expect(news(page)).to_be_visible()
    pages.seat(page, "A-1").focus()
    for key in ("ArrowDown",) * 6 + ("Tab",) * 2:
        page.keyboard.press(key)
        assert bottom(page.locator(":focus")) <= top(bar), key


def top(it: Locator) -> float:
    box = it.bounding_box()
    assert box
    return box["y"]


def bottom(it: Locator) -> float:
    box = it.bounding_box()
    assert box
    return box["y"] + box["height"]


def test_on_a_small_phone_nothing_is_wider_than_the_screen(new_customer: NewCustomer, seats: Pair) -> None:
    page = new_customer(**SMALL)
    page.goto(pages.EVENT)
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Pick the best").click()
    expect(news(page)).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") == 0


# Choosing


def test_a_price_chip_fades_dearer_seats_and_the_best_respect_it(looker: Page, seats: Pair) -> None:
    pages.seat(looker, "A-1").check()
    looker.get_by_role("button", name="Up to €24.00").click()
    expect(pages.seat(looker, "A-2")).to_have_attribute("inert", "")
    expect(pages.seat(looker, "A-1")).not_to_have_attribute("inert", "")
    expect(pages.seat(looker, seats[0])).not_to_have_attribute("inert", "")
    looker.get_by_role("button", name="Pick the best").click()
    expect(looker.locator("[name=seats]:checked")).to_have_count(2)
    assert (
        looker.locator("[name=seats]:checked").evaluate_all(
            "them => them.map(it => it.closest('[data-k]').dataset.k)"
        )
        == [looker.locator("[data-up-to='2400'] .seat").get_attribute("data-k")] * 2
    )
    looker.get_by_role("button", name="All prices").click()
    expect(looker.locator("[inert]")).to_have_count(0)


def test_the_bar_lists_what_is_chosen_and_lets_it_be_removed(looker: Page, seats: Pair) -> None:
    pages.submit_button(pages.seat_map(looker)).click()
    expect(news(looker)).to_have_text("Choose a seat first.")
    assert looker.evaluate("document.activeElement.matches('[name=seats]')")
    for label in seats:
        pages.seat(looker, label).check()
    lines = looker.get_by_role("list", name="Your choice").get_by_role("listitem")
    expect(lines).to_have_text([re.compile(f"^{label}.*€24.00") for label in seats])
    lines.first.get_by_role("button", name=f"Remove {seats[0]}").click()
    expect(lines).to_have_count(1)
    expect(pages.seat(looker, seats[0])).not_to_be_checked()
    expect(lines.get_by_role("button")).to_be_focused()


def test_a_finger_gets_the_seat_it_means(fingers: tuple[Page, CDPSession], seats: Pair) -> None:
    page, _hand = fingers
    first, second = seats
    chosen = page.locator("[name=seats]:checked")
    pages.seat(page, first).scroll_into_view_if_needed()
    box = pages.seat(page, first).bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] + 0.5, box["y"] + box["height"] / 2)
    expect(chosen).to_have_value(first)
    page.locator("[data-house]").evaluate("it => it.style.setProperty('--base', '0.75rem')")
    page.set_viewport_size({"width": 391, "height": 844})  # measured anew
    small = width(page, second)
    pages.seat(page, second).tap()
    expect(pages.seat(page, second)).not_to_be_checked()
    assert small < TARGET <= width(page, second)
    pages.seat(page, second).tap()
    expect(pages.seat(page, second)).to_be_checked()


def test_what_a_seat_is_is_said_beside_it_within_the_window(looker: Page, seats: Pair) -> None:
    tip = looker.locator("[data-about]")
    pages.seat(looker, seats[0]).focus()
    for key in ("Home", "End", "ArrowDown"):
        looker.keyboard.press(key)
        expect(tip).to_have_text(str(looker.locator(":focus").get_attribute("aria-label")))
        expect(tip).to_be_visible()
        box = tip.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= looker.viewport_size["width"]  # type: ignore[index]
    looker.keyboard.press("Escape")
    expect(tip).to_be_hidden()
