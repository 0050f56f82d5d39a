"""Use the staff's pages in a browser."""

import time
from dataclasses import dataclass

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Locator, Page, expect

from tests.browser.support.stack import Shop

PASSWORD = "a long evening"
MAKE_USER = """
    INSERT INTO auth_user (username, password, is_staff, is_active, is_superuser, first_name, last_name,
        email, date_joined)
    VALUES (%s, %s, true, true, false, '', '', '', now())
    RETURNING id
"""
JOIN = """
    INSERT INTO auth_user_groups (user_id, group_id)
    SELECT %s, id FROM auth_group WHERE name = %s
    RETURNING id
"""


@dataclass
class Clerk:
    """A staff member at a browser, whose clicks are counted."""

    page: Page
    name: str
    clicks: int = 0

    def click(self, button: Locator) -> None:
        self.clicks += 1
        button.click()

    def log_in(self) -> None:
        self.page.goto("/admin/")
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.click(self.page.get_by_role("button", name="Sign in"))

    def find(self, typed: str) -> None:
        self.page.get_by_role("searchbox", name="Find a payment").fill(typed)
        self.click(self.page.get_by_role("button", name="Find"))

    def expect_told(self, words: str) -> None:
        expect(self.page.locator(".messagelist")).to_have_text(words)

    def ask(self, why: str) -> None:
        self.click(self.page.get_by_role("link", name="Check with Stripe"))
        expect(self.page.get_by_text("Paid at Stripe, not here yet.")).to_be_visible()
        self.page.get_by_label("Why?").fill(why)
        self.click(self.page.get_by_role("button", name="Check with Stripe"))


def hire(shop: Shop, group: str, page: Page, *, name: str = "") -> Clerk:
    """Create a staff user in ``group``, and return them with ``page`` as their browser."""
    name = name or f"{group.replace(' ', '-').lower()}-{time.monotonic_ns()}"
    [(user,)] = shop.rows(MAKE_USER, name, PBKDF2PasswordHasher().encode(PASSWORD, "salt"))
    assert shop.rows(JOIN, user, group)
    return Clerk(page, name)
