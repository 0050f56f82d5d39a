"""Buying seats as different types of ticket, and standing places, with a code."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.bookings.buying.price_cases import CASES, terms
from tests.browser.support import pages
from tests.browser.support.axe import COLOURS, EVERYTHING, violations
from tests.browser.support.mailbox import wait_for_mail
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop

HOUSE = "/events/house-night/"
EVENT = """
    INSERT INTO bookings_event
    SELECT (jsonb_populate_record(demo, jsonb_build_object(
               'id', nextval(pg_get_serial_sequence('bookings_event', 'id')),
               'slug', 'house-night', 'title', 'House Night'))).*
      FROM bookings_event AS demo WHERE slug = 'demo-night'
    RETURNING id
"""
SEATS = """
    INSERT INTO bookings_seat (event_id, row, number, label, price)
    SELECT %s, row, number, row || '-' || number, CASE row WHEN 'A' THEN 4200 ELSE 3200 END
      FROM regexp_split_to_table('ABC', '') AS row, generate_series(1, 12) AS number
    RETURNING id
"""
FLOOR = """
    INSERT INTO bookings_area (event_id, slug, name, kind, position, description)
    VALUES (%s, 'floor', 'Floor', 'standing', 0, 'Standing, step-free.') RETURNING id
"""
PLACES = """
    INSERT INTO bookings_seat (event_id, area_id, row, number, label, price)
    SELECT %s, %s, '', number, 'Floor ' || number, 2500 FROM generate_series(1, 40) AS number RETURNING id
"""
TYPES = """
    INSERT INTO bookings_tickettype
           (event_id, slug, name, description, position, percent_off, price, quota, proof)
    VALUES (%(event)s, 'adult', 'Adult', '', 0, NULL, NULL, NULL, false),
           (%(event)s, 'child', 'Child', 'Up to 12.', 1, 50, NULL, 9, true),
           (%(event)s, 'carer', 'Carer', '', 2, NULL, 0, NULL, true),
           (%(event)s, 'early', 'Early bird', '', 3, NULL, 1500, 0, false)
    RETURNING id
"""
CODE = """
    INSERT INTO bookings_salecode (event_id, code, note, percent_off)
    VALUES (%s, 'SPRING', '', 20) RETURNING id
"""
SOLD = """
    SELECT amount, jsonb_path_query_array(session_params, '$.line_items[*].price_data.product_data.name')
      FROM payments_payment WHERE session_id = %s
"""


@pytest.fixture(scope="module")
def house(shop: Shop) -> None:
    [(event,)] = shop.rows(EVENT)
    shop.rows(SEATS, event)
    [(floor,)] = shop.rows(FLOOR, event)
    shop.rows(PLACES, event, floor)
    shop.rows(TYPES.replace("%(event)s", str(event)))
    shop.rows(CODE, event)


def expect_booked(page: Page, shop: Shop, *labels: str) -> None:
    """Pay, and require tickets for these places at the prices after the code."""
    session = pages.session_on(page)
    [(amount, lines)] = shop.rows(SOLD, session)
    assert amount == 9040  # 42.00 + 21.00 + 2 × 25.00, less 20 %
    assert lines == [
        f"House Night: {labels[0]}, Adult",
        f"House Night: {labels[1]}, Child",
        f"House Night: {labels[2]}, Adult",
        f"House Night: {labels[3]}, Adult",
    ]
    pages.pay(page)
    pages.expect_tickets(page, *labels)
    expect(page.get_by_role("main")).to_contain_text("2 × Floor, Adult")
    expect(page.get_by_role("main")).to_contain_text("SPRING, \N{MINUS SIGN}€22.60")
    page.get_by_role("link", name="Open the ticket").nth(1).click()
    expect(page.get_by_role("main")).to_contain_text("Child · show proof at the door")


def test_types_places_and_a_code_are_bought_with_one_total(page: Page, shop: Shop, house: None) -> None:
    page.goto(HOUSE)
    form = pages.seat_map(page)
    pages.seat(page, "A-1").check()
    pages.seat(page, "A-2").check()
    form.get_by_label("Ticket type for seat A-2").select_option("Child")
    more = form.get_by_role("button", name="One more: Adult")
    more.click()
    more.click()
    total = form.locator("[data-total]:visible")
    expect(total).to_have_text("€113.00")
    assert "<" not in form.locator("[data-bar]").inner_text()  # What is for browsers without a script.
    form.get_by_label("Have a code?").fill("spring")
    form.get_by_label("Have a code?").press("Enter")
    expect(form).to_contain_text("SPRING: 20 % less.")
    expect(total).to_have_text("€90.40")
    expect(form.get_by_label("Ticket type for seat A-2")).to_have_value("child")
    expect(form.locator("[data-line-of='A-2'] [data-cost]")).to_have_text("€16.80")
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            found = violations(page, {"width": width, "height": 900}, scheme, EVERYTHING)
            assert found == []
    assert violations(page, {"width": 320, "height": 700}, "light", COLOURS) == []
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_label("Email").fill("house@example.com")
    pages.submit_button(form).click()
    expect_booked(page, shop, "A-1", "A-2", "Floor 1", "Floor 2")
    text = wait_for_mail(shop.mails, "house@example.com").get_body(["plain"]).get_content()  # type: ignore[union-attr]
    assert "Seat A-2, Child · show proof at the door, €16.80" in text
    assert "Floor 1, Adult, €20.00" in text
    assert "You saved €22.60 with the code SPRING." in text


def test_the_same_works_without_a_script(new_customer: NewCustomer, shop: Shop, house: None) -> None:
    page = new_customer(java_script_enabled=False)
    page.goto(HOUSE)
    form = pages.seat_map(page)
    pages.seat(page, "A-5").check()
    pages.seat(page, "A-6").check()
    form.locator("[name='places-floor.adult']").fill("2")
    form.get_by_label("Have a code?").fill("Spring")
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_label("Email").fill("plain@example.com")
    pages.submit_button(form).click()
    # The page comes back with whom each seat is for.
    form.get_by_label("Ticket type for seat A-6").select_option("Child")
    form.get_by_role("button", name="Show the total").click()
    expect(form.locator("[data-total]:visible")).to_have_text("€90.40")
    pages.submit_button(form).click()
    [(session,)] = shop.rows(
        "SELECT session_id FROM payments_payment AS payment JOIN bookings_booking AS booking"
        " ON booking.id = payment.booking_id WHERE email = 'plain@example.com'"
    )
    assert session
    assert re.search(session, page.url)


def test_the_keyboard_reaches_every_step(page: Page, house: None) -> None:
    page.goto(HOUSE)
    form = pages.seat_map(page)
    field = form.locator("[name='places-floor.child']")
    form.get_by_role("button", name="One more: Child").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(field).to_have_value("2")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    expect(field).to_have_value("3")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(field).to_have_value("2")
    expect(form.locator("[data-total]:visible")).to_have_text("€25.00")


def test_no_more_places_than_one_booking_may_have(page: Page, house: None) -> None:
    page.goto(HOUSE)
    form = pages.seat_map(page)
    form.locator("[name='places-floor.adult']").fill("19")
    pages.seat(page, "B-1").check()
    form.get_by_role("button", name="One more: Child").press("Enter")
    expect(form.locator("[name='places-floor.child']")).to_have_value("0")
    expect(form.locator("output")).to_contain_text("20 is the most per booking")
    expect(form.locator("output")).to_contain_text("20 tickets")


def test_what_costs_nothing_is_booked_for_free(page: Page, house: None) -> None:
    page.goto(HOUSE)
    form = pages.seat_map(page)
    form.get_by_role("button", name="One more: Carer").click()
    expect(form.locator("[data-total]:visible")).to_have_text("Free")
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_label("Email").fill("carer@example.com")
    form.get_by_role("button", name="Book for free").click()
    page.wait_for_url(re.compile("/bookings/"))
    expect(page.get_by_role("main")).to_contain_text("1 × Floor, Carer")


def test_the_script_asks_the_same_prices_as_the_server(page: Page, house: None) -> None:
    page.goto(HOUSE)
    script = (
        "async ([places, terms]) => (await import('/static/js/places/prices.js')).priceAll(places, terms)"
    )
    asked = {}
    for case in CASES:
        places = [{"amount": amount, "type": kind} for amount, kind in case.places]
        asked[case.name] = page.evaluate(script, [places, terms(case)])
    assert asked == {case.name: case.prices for case in CASES}
