"""The pages in a real browser, with and without their script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.support.chromium import MISSING, launch
from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.promotions import code
from tests.sandbox.support.subscribers import status_of, subscribe


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            pytest.skip(MISSING)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A narrow page. Console errors, such as a blocked script, fail the test."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def open_page(sandbox: Sandbox, page: Page) -> str:
    """Open the page of a new session, which leads back to the sandbox itself, and return the session's id."""
    session = sandbox.open_session(
        success_url=f"{sandbox.url}/?paid={{CHECKOUT_SESSION_ID}}", cancel_url=f"{sandbox.url}/?cancelled"
    )
    page.goto(str(session.url))
    return session.id


def test_a_test_card_is_filled_in_place_and_paid(sandbox: Sandbox, page: Page) -> None:
    session_id = open_page(sandbox, page)
    page.get_by_text("4242 4242 4242 4242").click()
    assert page.get_by_label("Card number").input_value() == "4242 4242 4242 4242"
    assert "card=" not in page.url
    page.get_by_role("button", name="Pay €42.00").click()
    page.wait_for_url(f"{sandbox.url}/?paid={session_id}")


def test_digits_are_grouped_as_they_are_typed(sandbox: Sandbox, page: Page) -> None:
    open_page(sandbox, page)
    page.get_by_label("Card number").press_sequentially("4000002760003184")
    page.get_by_label("Expiry").press_sequentially("1234")
    assert page.get_by_label("Card number").input_value() == "4000 0027 6000 3184"
    assert page.get_by_label("Expiry").input_value() == "12 / 34"
    page.get_by_label("Card number").fill("")
    page.get_by_label("Card number").press_sequentially("378282246310005")
    assert page.get_by_label("Card number").input_value() == "3782 822463 10005"


def test_the_keyboard_is_enough(sandbox: Sandbox, page: Page) -> None:
    session_id = open_page(sandbox, page)
    page.get_by_label("E-mail").focus()
    page.keyboard.press("Tab")  # to the chosen method
    for text in ("4242424242424242", "1234", "123"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")  # past the other method: a group of radio buttons is one stop
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{sandbox.url}/?paid={session_id}")


def test_a_refusal_is_told_and_the_second_card_pays(sandbox: Sandbox, page: Page) -> None:
    session_id = open_page(sandbox, page)
    page.get_by_text("4000 0000 0000 9995").click()
    page.get_by_role("button", name="Pay").click()
    assert page.get_by_role("alert").inner_text() == "Your card has insufficient funds."
    page.get_by_text("4000 0027 6000 3184").click()
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Complete authentication").click()
    page.wait_for_url(f"{sandbox.url}/?paid={session_id}")


def test_a_bank_debit_hides_the_card(sandbox: Sandbox, page: Page) -> None:
    session_id = open_page(sandbox, page)
    page.get_by_label("Bank debit (delayed)").check()
    assert not page.get_by_label("Card number").is_visible()
    page.get_by_label("Fails later").check()
    page.get_by_label("Name on card or account").fill("Ada Lovelace")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{sandbox.url}/?paid={session_id}")
    assert sandbox.session(session_id).payment_status == "unpaid"


def test_the_page_works_without_its_script(sandbox: Sandbox, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    session_id = open_page(sandbox, page)
    page.get_by_text("4242 4242 4242 4242").click()
    page.get_by_label("Name on card or account").fill("Ada Lovelace")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{sandbox.url}/?paid={session_id}")
    context.close()


def test_turning_back_leads_to_the_shop(sandbox: Sandbox, page: Page) -> None:
    session_id = open_page(sandbox, page)
    page.get_by_role("link", name="Back to Test shop").click()
    page.wait_for_url(f"{sandbox.url}/?cancelled")
    assert sandbox.session(session_id).status == "open"


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_cut_off(sandbox: Sandbox, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    open_page(sandbox, page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_portals_forms_are_filled_and_sent(sandbox: Sandbox, page: Page) -> None:
    subscription = subscribe(sandbox)
    portal = sandbox.stripe.billing_portal.sessions.create({"customer": str(subscription.customer)})
    page.goto(portal.url)
    page.get_by_role("link", name="Change card").click()
    page.get_by_text("4000 0000 0000 0341").click()
    page.get_by_role("button", name="Save card").click()
    page.get_by_text("Visa ending in 0341").wait_for()
    page.get_by_role("link", name="Cancel plan").click()
    page.get_by_role("button", name="Cancel plan").click()
    page.get_by_role("button", name="Keep plan").click()
    page.get_by_text("Your plan continues.").wait_for()

    sandbox.control(f"subscriptions/{subscription.id}/renew")
    page.reload()
    page.get_by_role("link", name="Pay now").click()
    page.get_by_text("4242 4242 4242 4242").click()
    page.get_by_role("button", name="Pay €12.00").last.click()
    page.get_by_text("Paid in full").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert status_of(sandbox, subscription) == "active"


def test_a_test_written_for_stripes_own_page_passes_here(sandbox: Sandbox, page: Page) -> None:
    sandbox.control("account", terms_of_service_url="https://shop.test/terms")
    session = sandbox.open_session(
        success_url=f"{sandbox.url}/?paid={{CHECKOUT_SESSION_ID}}",
        customer_email=None,
        consent_collection={"terms_of_service": "required"},
        phone_number_collection={"enabled": True},
        allow_promotion_codes=True,
    )
    code(sandbox)
    page.goto(str(session.url))
    page.fill("#promotionCode", "SPRING")
    page.press("#promotionCode", "Enter")
    page.fill("input[name=email]", "ada@example.com")
    page.fill("input[name=phoneNumber]", "+43123456")
    page.check("#payment-method-accordion-item-title-card")
    page.fill("input[name=cardNumber]", "4242424242424242")
    page.fill("input[name=cardExpiry]", "12/34")
    page.fill("input[name=cardCvc]", "123")
    page.fill("input[name=billingName]", "Ada Lovelace")
    page.select_option("select[name=billingCountry]", "AT")
    page.check("input[name=termsOfServiceConsentCheckbox]")
    page.get_by_test_id("hosted-payment-submit-button").click()
    page.wait_for_url(f"{sandbox.url}/?paid={session.id}")

    done = sandbox.session(session.id)
    assert (done.payment_status, done.amount_total) == ("paid", 3360)
