"""Buying seats, from the programme to the tickets."""

from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.mailbox import wait_for_mail
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.qr import read_tokens, verify
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch


def test_two_seats_chosen_on_the_map_become_two_tickets(page: Page, shop: Shop, seats: Pair) -> None:
    page.goto("/")
    page.get_by_role("link", name="Demo Night").click()
    for label in seats:
        pages.seat(page, label).check()
    form = pages.seat_map(page)
    expect(form.get_by_role("status")).to_contain_text("2 seats")
    form.get_by_label("Your name").fill("Grace Hopper")
    form.get_by_label("Email").fill("grace@example.com")
    pages.submit_button(form).click()
    session = pages.session_on(page)
    pages.pay(page)
    page.wait_for_url(f"{shop.site}/payments/success/?session_id={session}")
    pages.expect_tickets(page, *seats)


def test_the_codes_on_the_screen_are_the_signed_tokens_of_the_tickets(
    page: Page, shop: Shop, seats: Pair
) -> None:
    pages.order(page, *seats)
    pages.pay(page)
    pages.expect_tickets(page, *seats)
    [(event,)] = shop.rows("SELECT id FROM bookings_event WHERE slug = 'demo-night'")
    claims = [(1, event, code) for code in pages.ticket_codes(page)]
    assert sorted(map(verify, read_tokens(pages.photograph(page, full=True)))) == sorted(claims)
    for number, claim in enumerate(claims):
        page.get_by_role("link", name="Open the ticket").nth(number).click()
        expect(page.get_by_role("img", name="QR code of the ticket")).to_be_visible()
        assert [verify(token) for token in read_tokens(pages.photograph(page))] == [claim]
        page.go_back()


def test_the_mail_brings_the_same_codes_and_the_way_to_the_booking(
    page: Page, shop: Shop, seats: Pair
) -> None:
    # A browser may have rules of its own for such a domain: Chromium makes ``fass.de`` of it.
    pages.order(page, *seats, email="mary@faß.de")
    pages.pay(page)
    pages.expect_tickets(page, *seats)
    codes = pages.ticket_codes(page)
    mail = wait_for_mail(shop.mails, "mary@xn--fa-hia.de")
    assert mail["Subject"] == "Your tickets: Demo Night"
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    html, text = (mail.get_body([kind]).get_content() for kind in ("html", "plain"))  # type: ignore[union-attr]
    assert [f"cid:{part['Content-ID'].strip('<>')}" in html for part in pictures] == [True, True]
    tokens = [token for part in pictures for token in read_tokens(part.get_content())]
    assert [code for _version, _event, code in map(verify, tokens)] == codes
    booking = pages.address_of(page, "Open your booking")
    assert f"{shop.site}{booking}" in html
    assert f"{shop.site}{booking}" in text
    page.goto(booking)
    expect(page.locator(".admission-seat")).to_have_text(list(seats))


def test_the_best_available_seats_are_side_by_side_in_the_first_row(new_customer: NewCustomer) -> None:
    page = new_customer(java_script_enabled=False)  # with scripts, they are picked on the map
    page.goto(pages.EVENT)
    form = pages.best_available(page)
    form.get_by_label("Number of seats").fill("3")
    form.get_by_label("Your name").fill("Ada Lovelace")
    form.get_by_label("Email").fill("ada@example.com")
    pages.submit_button(form).click()
    pages.session_on(page)
    page.goto(pages.EVENT)
    for label in ("A-4", "A-5", "A-6"):
        expect(pages.seat(page, label)).to_have_attribute("data-state", "mine")


def test_an_impatient_second_click_opens_no_second_checkout(page: Page, stripe: Stripe, seats: Pair) -> None:
    pages.choose(page, *seats, email="twice@example.com")
    stripe.fault("POST /v1/checkout/sessions", "slow_ms", ms=1_000)
    button = pages.submit_button(pages.seat_map(page)).bounding_box()
    assert button
    for _ in ("a click", "another while the first is under way"):
        with page.expect_request("**/events/demo-night/checkout/"):
            page.mouse.click(button["x"] + 10, button["y"] + 10)
    session = pages.session_on(page)
    opened = [it["id"] for it in stripe.sessions() if it["customer_email"] == "twice@example.com"]
    assert opened == [session]


def test_who_comes_second_to_a_seat_is_told_so_and_keeps_what_was_typed(
    page: Page, new_customer: NewCustomer, watch: Watch, seats: Pair
) -> None:
    watch.expect("409 (Conflict)")
    second = new_customer()
    pages.keep_from_hearing(second)
    pages.choose(second, *seats, name="Grace Hopper", email="grace@example.com")
    pages.order(page, seats[0])
    pages.submit_button(pages.seat_map(second)).click()
    expect(second.get_by_role("alert")).to_contain_text(f"Seat {seats[0]} was just taken.")
    expect(second.get_by_role("alert")).to_contain_text("Nothing was charged.")
    form = pages.seat_map(second)
    expect(form.get_by_label("Your name")).to_have_value("Grace Hopper")
    expect(form.get_by_label("Email")).to_have_value("grace@example.com")
    expect(pages.seat(second, seats[0])).to_be_disabled()
    expect(pages.seat(second, seats[1])).to_be_checked()
