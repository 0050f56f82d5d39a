"""Staff write to the ticket holders of an event: preview, test mail, send, and watch it being sent."""

import json
import re
from email.message import EmailMessage

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.support.clerk import Clerk, hire
from tests.browser.support.mailbox import read_all
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop
from tests.browser.support.staging import COPY_EVENT, COPY_SEATS, STATUS
from tests.support.patience import wait_for

EVENT = {"slug": "the-other-door", "title": "Night at the Other Door"}
SUBJECT, TEXT = "Another entrance tonight", "Please come to the gate in Mill Lane.\n\nThe stairs are closed."
CLERK = "clerk@example.com"
READERS = {"anna@example.com": "en", "berta@example.com": "de"}
SAME = "SELECT id FROM bookings_announcement WHERE subject = %s"
GIVE_ADDRESS = "UPDATE auth_user SET email = %s WHERE username = %s RETURNING id"


@pytest.fixture(scope="module")
def event_id(shop: Shop) -> int:
    """An event of its own, whose ticket holders read English and German."""
    [(event_id,)] = shop.rows(COPY_EVENT, json.dumps(EVENT))
    shop.rows(COPY_SEATS, event_id, ["A"])
    for number, (email, language) in enumerate(READERS.items(), 1):
        wish = {"event": EVENT["slug"], "seats": [f"A-{number}"], "name": "Anna Berta", "email": email}
        headers = {"Accept-Language": language}
        answer = httpx.post(f"{shop.site}/api/checkout", json=wish, headers=headers).raise_for_status()
        session_id = answer.json()["session_id"]
        shop.stripe.pay(session_id)
        wait_for(lambda session_id=session_id: shop.rows(STATUS, session_id, "succeeded"), "it is paid")  # type: ignore[misc]
    return int(event_id)


@pytest.fixture
def clerk(shop: Shop, new_customer: NewCustomer) -> Clerk:
    clerk = hire(shop, "Box office", new_customer())
    assert shop.rows(GIVE_ADDRESS, CLERK, clerk.name)
    clerk.log_in()
    return clerk


def mails_to(shop: Shop, address: str, subject: str) -> list[EmailMessage]:
    return [mail for mail in read_all(shop.mails) if mail["To"] == address and subject in mail["Subject"]]


def test_staff_write_to_ticket_holders(clerk: Clerk, shop: Shop, event_id: int) -> None:
    page = clerk.page
    page.goto(f"/admin/bookings/event/{event_id}/change/")
    page.get_by_role("link", name="Write to ticket holders").click()

    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent.")
    page.get_by_label("Subject").fill(SUBJECT)
    page.get_by_label("Text").fill(TEXT)
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_role("region", name="English: 1 booking")).to_contain_text("gate in Mill Lane")
    german = page.get_by_role("region", name="Deutsch: 1 booking")
    expect(german).to_contain_text("gate in Mill Lane")
    expect(german).to_contain_text("Buchung")
    assert not mails_to(shop, CLERK, SUBJECT)

    page.get_by_role("button", name=f"Send a test to {CLERK}").click()
    clerk.expect_told(f"Test sent to {CLERK}.")
    assert [mail["Subject"].startswith("Test: ") for mail in mails_to(shop, CLERK, SUBJECT)] == [True, True]
    assert not mails_to(shop, "anna@example.com", SUBJECT)

    page.get_by_role("button", name="Send to 2 bookings").click()
    status = page.get_by_role("status")
    expect(status).to_have_text(re.compile(r"2 of 2 · finished"))  # The page follows by itself.
    expect(page.get_by_role("row", name=re.compile("Sent"))).to_contain_text("2")
    for address in READERS:
        [mail] = mails_to(shop, address, SUBJECT)
        body = mail.get_body(("plain",))
        assert body is not None
        assert "gate in Mill Lane" in body.get_content()


def test_a_button_that_is_pressed_twice_sends_once(clerk: Clerk, shop: Shop, event_id: int) -> None:
    page, subject = clerk.page, "The bar opens at seven"
    page.goto(f"/admin/bookings/announcement/write/{event_id}/")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Text").fill("The bar opens at seven.")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Send to 2 bookings").dblclick()

    expect(page.get_by_role("status")).to_contain_text("2 of 2 · finished")
    assert len(shop.rows(SAME, subject)) == 1
    for address in READERS:
        assert len(mails_to(shop, address, subject)) == 1
