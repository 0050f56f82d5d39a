"""The house as it is: what staff make of its places, and how the map draws aisles and curves."""

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.support import pages
from tests.browser.support.clerk import Clerk, hire
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TARGET = 24  # px
BALCONY = """
    INSERT INTO bookings_area (event_id, slug, name, kind, position, description, curve)
    SELECT id, 'balcony', 'Balcony', 'seated', 9, '', 4 FROM bookings_event WHERE slug = 'demo-night';
    INSERT INTO bookings_seat (area_id, row, number, label, price, event_id, "column", notes)
    SELECT area.id, row, number, 'Balcony ' || row || '-' || number, 2400, area.event_id,
           2 * number + CASE WHEN number > 4 THEN 4 ELSE 0 END,
           CASE number WHEN 1 THEN 'wheelchair' WHEN 2 THEN 'companion' ELSE '' END
      FROM bookings_area AS area, unnest(ARRAY['A', 'B']) AS row, generate_series(1, 8) AS number
     WHERE area.slug = 'balcony';
"""
NO_BALCONY = """
    DELETE FROM bookings_seat WHERE label LIKE 'Balcony %';
    DELETE FROM bookings_area WHERE slug = 'balcony';
"""
DEMO = "SELECT id FROM bookings_event WHERE slug = 'demo-night'"


@pytest.fixture(scope="module", autouse=True)
def _balcony(shop: Shop) -> Iterator[None]:
    with psycopg.connect(shop.database, autocommit=True) as connection:
        connection.execute(BALCONY)
        yield
        connection.execute(NO_BALCONY)


@pytest.fixture
def clerk(shop: Shop, new_customer: NewCustomer) -> Clerk:
    clerk = hire(shop, "Events", new_customer(**DESK))
    clerk.log_in()
    return clerk


def open_page(clerk: Clerk, shop: Shop, name: str) -> Page:
    [(event,)] = shop.rows(DEMO)
    clerk.page.goto(f"/admin/bookings/event/{event}/{name}/")
    return clerk.page


def place(page: Page, label: str) -> Locator:
    return page.locator(f"[name=places][aria-label^='{label},']")


def seat(page: Page, label: str) -> Locator:
    return page.locator(f"[name=seats][value='Balcony {label}']")


def box(it: Locator) -> FloatRect:
    found = it.bounding_box()
    assert found
    return found


def test_staff_drag_over_places_and_buyers_see_them_taken(
    clerk: Clerk, shop: Shop, new_customer: NewCustomer
) -> None:
    looker = new_customer(**DESK)
    looker.goto(pages.EVENT)
    page = open_page(clerk, shop, "places")
    place(page, "Balcony A-5").scroll_into_view_if_needed()
    place(page, "Balcony A-5").hover()
    page.mouse.down()
    place(page, "Balcony A-6").hover()
    place(page, "Balcony A-7").hover()
    page.mouse.up()
    place(page, "Balcony B-5").click()
    place(page, "Balcony B-7").click(modifiers=["Shift"])
    expect(page.locator("[data-chosen]")).to_have_text("6")
    page.get_by_label("Change to").select_option("held_back")
    page.get_by_label("Held back for").fill("Press")
    page.get_by_role("button", name="Change places").click()
    clerk.expect_told("6 places changed.")

    expect(place(page, "Balcony B-6")).to_have_attribute("data-state", "held_back")
    for label in ("A-5", "A-6", "A-7", "B-5", "B-6", "B-7"):
        expect(seat(looker, label)).to_have_attribute("data-state", "taken")
    expect(seat(looker, "A-8")).to_be_enabled()


def test_a_layout_is_drawn_while_it_is_written(clerk: Clerk, shop: Shop) -> None:
    page = open_page(clerk, shop, "layout")
    before = page.locator("[data-preview] .seat[value]").count()
    page.locator("#id_text").fill("[Gallery]\nA: 1-3 _ 4-6 @ 10.00\nB: x")
    expect(page.get_by_role("alert")).to_contain_text("Line 3: “x” isn’t part of a row.")
    page.locator("#id_text").fill("[Gallery]\nA: 1-3 _ 4-6 @ 10.00")
    expect(page.locator("[data-preview] .seat[value]")).to_have_count(6)

    assert before > 6
    assert shop.rows("SELECT count(*) FROM bookings_area WHERE name = 'Gallery'") == [(0,)]


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["1280", "390"])
def test_aisles_and_curves_are_drawn_where_they_are(
    new_customer: NewCustomer, device: dict[str, object]
) -> None:
    page = new_customer(**device)
    page.goto(pages.EVENT)
    seats = [box(seat(page, f"B-{number}")) for number in range(1, 9)]
    steps = [after["x"] - before["x"] for before, after in pairwise(seats)]

    assert min(steps) >= TARGET
    assert abs(steps[3] - 3 * steps[0]) < 1  # The aisle is two seats wide.
    assert seats[0]["y"] < seats[2]["y"] < seats[3]["y"] == seats[4]["y"]
    assert abs(seats[0]["y"] - seats[-1]["y"]) < 1
    assert seats[0]["y"] > box(seat(page, "A-1"))["y"] + TARGET
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") == 0


def test_keys_lead_over_the_aisle_and_what_a_seat_is_can_be_read(new_customer: NewCustomer) -> None:
    page = new_customer(**DESK)
    page.goto(pages.EVENT)
    seat(page, "A-4").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")

    expect(seat(page, "B-4")).to_be_focused()
    expect(page.locator("[data-about]")).to_have_text("Balcony, Row B, seat 4, €24.00")
    seat(page, "B-1").hover()
    expect(page.locator("[data-about]")).to_have_text("Balcony, Row B, seat 1, €24.00, wheelchair place")


def test_whoever_takes_a_wheelchair_place_is_offered_the_companions(new_customer: NewCustomer) -> None:
    page = new_customer(**DESK)
    page.goto(pages.EVENT)
    seat(page, "B-1").check()
    expect(page.get_by_text("The companion’s place beside it is free: Balcony B-2.")).to_be_visible()
    page.get_by_role("button", name="Add it").click()

    expect(seat(page, "B-2")).to_be_checked()
    expect(page.locator("[data-chosen] [data-number]:visible")).to_have_text("2")
