"""Signing in with a code from the mailbox, by whoever works a page in whatever way."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.support.accounts import codes_for, sign_in, wait_for_code
from tests.browser.support.bookings import buy, card, cards
from tests.browser.support.pages import NewCustomer, Pair, heading
from tests.browser.support.stack import Shop
from tests.browser.support.watch import Watch


def navigation(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Main")


def test_the_keyboard_alone_brings_a_guest_to_their_bookings(page: Page, shop: Shop, seats: Pair) -> None:
    email = "keys@example.com"
    booked = buy(shop, *seats, email=email)

    page.goto("/")
    tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(wait_for_code(shop.mails, email, []))
    page.keyboard.press("Enter")

    expect(heading(page, "My bookings")).to_be_visible()
    expect(page.get_by_text("A booking with this address is now in your account.")).to_be_visible()
    expect(card(page, booked)).to_be_visible()

    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    expect(heading(page, "Sign out")).to_be_visible()
    tab_to(page, "Sign out", role="button")
    page.keyboard.press("Enter")
    expect(heading(page, "You’re signed out")).to_be_visible()


def tab_to(page: Page, name: str, *, role: str = "link") -> None:
    """Press Tab until what has this name has the focus."""
    wanted = page.locator("a, button").filter(has_text=re.compile(f"^{name}$"))
    wanted = wanted.and_(page.locator("button" if role == "button" else "a"))
    for _ in range(30):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {name}.")


def test_without_scripts_one_signs_in_as_well(new_customer: NewCustomer, shop: Shop, seats: Pair) -> None:
    email = "plain@example.com"
    booked = buy(shop, *seats, email=email)
    page = new_customer(java_script_enabled=False)

    sign_in(page, shop, email)
    expect(card(page, booked)).to_be_visible()

    navigation(page).get_by_role("link", name="Sign out").click()
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    expect(heading(page, "You’re signed out")).to_be_visible()


def test_a_wrong_code_is_said_where_it_is_typed(page: Page, shop: Shop, watch: Watch) -> None:
    watch.expect("status of 400")
    page.goto("/account/login/")
    page.get_by_label("Email").fill("slips@example.com")
    page.get_by_role("button", name="Email me a code").click()

    page.get_by_label("Code").fill("nonsense")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()

    field = page.get_by_label("Code")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Eight digits That code isn’t right. You have 4 tries left.")
    expect(page.get_by_role("alert")).to_have_text("That code isn’t right. You have 4 tries left.")


def test_a_second_mail_brings_the_code_that_counts(page: Page, shop: Shop) -> None:
    email = "twice@example.com"
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Email me a code").click()
    first = wait_for_code(shop.mails, email, [])

    page.get_by_role("button", name="Email a new code").click()
    expect(page.get_by_text("Only the latest one works.")).to_be_visible()
    page.get_by_label("Code").fill(wait_for_code(shop.mails, email, [first]))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()

    expect(heading(page, "My bookings")).to_be_visible()
    assert len(codes_for(shop.mails, email)) == 2


def test_going_back_after_signing_out_shows_nobodys_bookings(page: Page, shop: Shop, seats: Pair) -> None:
    email = "shared@example.com"
    booked = buy(shop, *seats, email=email)
    sign_in(page, shop, email)
    expect(card(page, booked)).to_be_visible()
    navigation(page).get_by_role("link", name="Sign out").click()
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    expect(heading(page, "You’re signed out")).to_be_visible()

    page.evaluate("history.go(-2)")

    page.wait_for_url("**/account/login/?next=/bookings/")
    expect(heading(page, "Sign in")).to_be_visible()
    expect(cards(page)).to_have_count(0)


def test_signing_in_comes_back_to_the_event_one_looked_at(page: Page, shop: Shop) -> None:
    page.goto("/events/demo-night/")
    navigation(page).get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill("looker@example.com")
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill(wait_for_code(shop.mails, "looker@example.com", []))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()

    expect(heading(page, "Demo Night")).to_be_visible()
    expect(navigation(page).get_by_role("link", name="My bookings")).to_be_visible()
    expect(navigation(page).get_by_role("link", name="Sign out")).to_be_visible()
