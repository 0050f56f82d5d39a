"""Sign in with the code from the customer's mailbox."""

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.support.mailbox import read_all
from tests.browser.support.stack import Shop
from tests.support.patience import wait_for

CODE = re.compile(r"\b\d{4} \d{4}\b")


def sign_in(page: Page, shop: Shop, email: str, *, wanted: str = "/bookings/") -> None:
    """Sign in and end on the page ``wanted``. An address gets ten codes an hour, so use one per test."""
    known = codes_for(shop.mails, email)
    page.goto(f"/account/login/?next={wanted}")
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill(wait_for_code(shop.mails, email, known))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{wanted}")


def wait_for_code(folder: Path, email: str, known: list[str]) -> str:
    """Wait for a code besides the ``known`` ones, and return it."""

    def new() -> list[str]:
        return [code for code in codes_for(folder, email) if code not in known]

    return wait_for(new, f"a new code for {email}")[0]


def codes_for(folder: Path, email: str) -> list[str]:
    """Return the codes that were emailed to ``email``, in no particular order."""
    bodies = [mail.get_body(["plain"]) for mail in read_all(folder) if mail["To"] == email]
    return [found[0] for body in bodies if body and (found := CODE.search(body.get_content()))]
