"""Choosing a language on a narrow phone, with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.pages import EVENT, NewCustomer, session_on

PHONE = {"width": 360, "height": 740}


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def phone(request: pytest.FixtureRequest, new_customer: NewCustomer) -> Page:
    return new_customer(viewport=PHONE, locale="en-GB", java_script_enabled=request.param)


def switch(page: Page, language: str) -> None:
    page.get_by_role("form", name="Language").get_by_role("button", name=language).click()


def test_a_switched_page_is_the_same_page_in_the_other_language(phone: Page) -> None:
    phone.goto(f"{EVENT}?from=poster")
    english = phone.url

    switch(phone, "Deutsch")

    expect(phone.get_by_role("heading", name="Wählen Sie Ihre Plätze")).to_be_visible()
    expect(phone).to_have_url(english)
    expect(phone.locator("html")).to_have_attribute("lang", "de")
    expect(phone.get_by_role("button", name="Deutsch")).to_have_attribute("aria-current", "true")


def test_german_words_fit_on_a_narrow_phone(phone: Page) -> None:
    phone.goto(EVENT)
    switch(phone, "Deutsch")

    for url in ("/", EVENT):
        phone.goto(url)
        assert phone.locator("html").evaluate("page => page.scrollWidth") == PHONE["width"], url


def test_what_was_chosen_lasts_through_the_purchase(new_customer: NewCustomer) -> None:
    page = new_customer(viewport=PHONE, locale="en-GB")
    page.goto("/")
    switch(page, "Deutsch")
    page.goto(EVENT)
    page.locator("input[name=seats]:enabled").last.check()
    expect(page.locator("[data-total]").first).to_have_text("24,00\N{NO-BREAK SPACE}€")
    form = page.get_by_role("region", name="Wählen Sie Ihre Plätze")
    form.get_by_label("Ihr Name").fill("Ada Lovelace")
    form.get_by_label("E-Mail").fill("ada@example.com")
    form.get_by_role("button", name="Weiter zur Bezahlung").click()
    session = session_on(page)

    page.goto(f"/payments/success/?session_id={session}")

    expect(page.get_by_role("heading", level=1, name="Wir prüfen Ihre Zahlung")).to_be_visible()
