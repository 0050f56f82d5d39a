"""From "sold out" to a seat, by the waiting list, without JavaScript."""

import re

import httpx
from playwright.sync_api import expect

from tests.browser.support import pages
from tests.browser.support.mailbox import read_all
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch
from tests.support.patience import wait_for

FULL_NIGHT = """
from datetime import timedelta
from django.utils import timezone
from bookings.models import Event, Question, Visibility
from bookings.seats.layout import add_rows
now = timezone.now()
event = Event.objects.create(
    title="Full Night", slug="full-night", venue="The Little Theatre", visibility=Visibility.PUBLISHED,
    starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=30, hours=2),
    sales_from=now - timedelta(days=1), sales_until=now + timedelta(days=29),
    cancellable_until=now + timedelta(days=20), ticket_names="required",
    organiser_name="The Little Theatre", organiser_email="box-office@example.com",
)
Question.objects.create(event=event, text="What do you eat?", kind="choice", options="Meat\\nPlants")
add_rows(event, rows="A", numbers=range(1, 3), price=2000)
"""
BOUGHT = "SELECT reference FROM bookings_booking WHERE email = %s AND status = 'confirmed'"
NAMES = """
    SELECT bookings_ticket.name FROM bookings_ticket
      JOIN bookings_booking ON bookings_booking.id = booking_id WHERE reference = %s
"""
ADDRESS = "waiting@example.com"


def link_in_mail(shop: Shop, number: int) -> str:
    """Wait for so many mails to who waits, and return the link in the last one."""

    def found() -> list[str]:
        mails = [mail for mail in read_all(shop.mails) if mail["To"] == ADDRESS]
        bodies = [mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]
        links = [link for body in bodies for link in re.findall(r"http\S+/waiting/[A-Z2-7]{26}/", body)]
        return links if len(links) >= number else []

    return wait_for(found, f"{number} mails to {ADDRESS}")[-1]


def test_who_waits_is_offered_what_comes_back_and_answers_questions(
    new_customer: NewCustomer, shop: Shop, stripe: Stripe, watch: Watch
) -> None:
    shop.processes.run("a new event", "manage", "shell", "--no-imports", "-c", FULL_NIGHT)
    wish = {"event": "full-night", "seats": ["A-1", "A-2"], "name": "Eve", "email": "eve@example.com"}
    bought = httpx.post(f"{shop.site}/api/checkout", json=wish).raise_for_status().json()
    stripe.pay(bought["session_id"])
    httpx.post(f"{shop.site}/api/payment-status/verify", json={"session_id": bought["session_id"]})

    page = new_customer(java_script_enabled=False)
    page.goto("/events/full-night/")
    expect(page.get_by_role("heading", name="Sold out")).to_be_visible()
    page.get_by_label("How many tickets?").fill("1")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_role("button", name="Join the waiting list").click()
    expect(pages.heading(page, "Check your email")).to_be_visible()
    page.goto(link_in_mail(shop, 1))
    page.get_by_role("button", name="Yes, add me to the list").click()
    expect(page.get_by_text("You’re on the waiting list for 1 ticket.")).to_be_visible()

    cancel = f"{shop.site}/api/bookings/{bought['booking']}/cancel"
    httpx.post(cancel, json={"seats": ["A-2"]}).raise_for_status()
    page.goto(link_in_mail(shop, 2))
    expect(page.get_by_text("We’re holding this ticket for you until")).to_be_visible()
    page.get_by_role("button", name="Continue to payment").click()
    session_id = pages.session_on(page)
    stripe.pay(session_id)
    page.goto(f"/payments/success/?session_id={session_id}")
    expect(pages.heading(page, "You’re going to Full Night")).to_be_visible()

    [[reference]] = shop.rows(BOUGHT, ADDRESS)
    page.goto(f"/bookings/{reference}/")
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_label("Name on the ticket").fill("Grace Hopper")
    page.get_by_label("What do you eat?").select_option("Plants")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Names and answers: see or change them")).to_be_visible()
    assert shop.rows(NAMES, reference) == [("Grace Hopper",)]
