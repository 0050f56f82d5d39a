"""Signing in as staff where a second factor is required: with an app, and with a passkey."""

import dataclasses
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from config.dev.process_group import Processes, answers, web
from tests.browser.support.axe import COLOURS, EVERYTHING, violations
from tests.browser.support.clerk import PASSWORD, Clerk, hire
from tests.browser.support.pages import heading
from tests.browser.support.stack import Shop, environment
from tests.browser.support.watch import Watch
from tests.customers.staff.steps import app_code
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
A_PHONE_THAT_ASKS_FOR_A_FINGER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def strict_shop(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop with stricter settings, and with a name: browsers allow no passkeys at an IP address."""
    port, folder = free_port(), tmp_path_factory.mktemp("strict")
    site = f"http://localhost:{port}"
    env = environment(site, shop.stripe.url, shop.database, shop.mails)
    strict = {**env, "ALLOWED_HOSTS": "localhost", "STAFF_SECOND_FACTOR": "required"}
    with Processes(strict, logs=folder) as processes:
        processes.start("web", *web(port))
        processes.wait_until(lambda: answers(port), seconds=30)
        yield dataclasses.replace(shop, site=site)


@pytest.fixture
def staff_page(browser: Browser, strict_shop: Shop) -> Iterator[Page]:
    """A page whose browser has a virtual authenticator, and does nothing that the policy forbids."""
    watch = Watch(strict_shop.site)
    context = browser.new_context(base_url=strict_shop.site)
    context.set_default_timeout(PATIENCE * 1000)
    watch.follow(context)
    watch.expect("status of 400")
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": A_PHONE_THAT_ASKS_FOR_A_FINGER})
    yield page
    context.close()
    assert watch.complaints == []


def sign_out(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("button", name="Log out").click()


def look_at(page: Page) -> list[str]:
    """Return what is wrong with a page on a phone and on a desk, in light and dark."""
    found = violations(page, PHONE, "light", EVERYTHING) + violations(page, PHONE, "dark", COLOURS)
    return found + violations(page, DESK, "dark", EVERYTHING) + violations(page, DESK, "light", COLOURS)


def test_a_passkey_is_set_up_and_opens_the_admin(strict_shop: Shop, staff_page: Page) -> None:
    page = staff_page
    clerk = hire(strict_shop, "Box office", page)
    clerk.log_in()
    expect(heading(page, "Set up a second step")).to_be_visible()
    page.get_by_label("Name it").fill("Desk")
    page.get_by_role("button", name="Add a passkey").click()
    expect(heading(page, "Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I’ve saved them").click()
    expect(page.get_by_role("searchbox", name="Find a payment")).to_be_visible()
    sign_out(page)

    clerk.log_in()
    page.get_by_role("button", name="Use your passkey").click()

    expect(page.get_by_role("searchbox", name="Find a payment")).to_be_visible()
    page.goto("/admin/security/")
    expect(page.get_by_text("Desk")).to_be_visible()


def test_without_a_passkey_at_hand_the_page_says_so(
    strict_shop: Shop, browser: Browser, staff_page: Page
) -> None:
    clerk = hire(strict_shop, "Box office", staff_page)
    clerk.log_in()
    staff_page.get_by_role("button", name="Add a passkey").click()
    expect(heading(staff_page, "Your recovery codes")).to_be_visible()
    [code, *_others] = staff_page.locator(".codes code").all_inner_texts()
    context = browser.new_context(base_url=strict_shop.site)
    page = context.new_page()
    page.add_init_script("delete window.PublicKeyCredential")  # An old browser.
    Clerk(page, clerk.name).log_in()

    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Your browser didn’t use a passkey. Try again.")
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_text("You used a recovery code. You have 9 left")).to_be_visible()
    context.close()


def test_each_step_is_for_everybody(strict_shop: Shop, staff_page: Page) -> None:
    page, found = staff_page, {}
    clerk = hire(strict_shop, "Box office", page)
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(clerk.name)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["password"] = look_at(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Can’t scan it?").click()
    secret = page.locator(".secret").inner_text()
    found["set up"] = look_at(page)
    page.get_by_label("Type the code").fill(app_code(secret))
    page.get_by_role("button", name="Use this app").click()
    found["codes"] = look_at(page)
    page.goto("/admin/security/")
    page.locator("#header, nav").evaluate_all("all => all.forEach(it => it.remove())")  # Django's own frame.
    found["security"] = look_at(page)
    sign_out(page)
    clerk.log_in()
    page.get_by_label("Code from your app").fill("12")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["second step"] = look_at(page)

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
