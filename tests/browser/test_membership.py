"""A membership, from the plan to its end, as its member sees it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checkout.test_waiting import LATE
from tests.browser.support.accounts import sign_in
from tests.browser.support.pages import (
    NewCustomer,
    Pair,
    heading,
    pay,
    seat,
    seat_map,
    session_on,
    submit_button,
)
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch
from tests.support.patience import wait_for

PAGE = "/membership/"
SILENT = "can’t reach the payment provider"
ENDED = "Your membership has ended"
ENDED_ROW = "SELECT id FROM payments_subscription WHERE session_id = %s AND status = 'canceled'"
PRICE = """
    SELECT sum(price)::bigint FROM bookings_seat JOIN bookings_event ON bookings_event.id = event_id
     WHERE slug = 'demo-night' AND label = ANY(%s)
"""
# An event in its presale, with seats of 20.00 EUR.
FIRST_NIGHT = """
from datetime import timedelta
from django.utils import timezone
from bookings.models import Event
from bookings.seats.layout import add_rows
now = timezone.now()
event = Event.objects.create(
    title="First Night", slug="first-night", visibility="published", venue="The Little Theatre",
    starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=31),
    member_sales_from=now - timedelta(hours=1),
    sales_from=now + timedelta(days=1), sales_until=now + timedelta(days=29),
    organiser_name="The Little Theatre", organiser_email="box-office@example.com",
)
add_rows(event, rows="A", numbers=range(1, 5), price=2000)
"""


@pytest.fixture(scope="module", autouse=True)
def _plans(shop: Shop) -> None:
    """Two memberships on offer, with their prices at Stripe."""
    shop.processes.run("`seed_plans`", "manage", "seed_plans", "--verbosity=0")


@pytest.fixture
def member(page: Page, shop: Shop, request: pytest.FixtureRequest) -> Page:
    """The page of somebody who has signed in."""
    sign_in(page, shop, f"{abs(hash(request.node.name))}@example.com", wanted=PAGE)
    return page


def subscribe(page: Page) -> str:
    """Choose the membership by the month, and return the id of its session on Stripe's page."""
    page.locator("[action*=patron]").get_by_role("button").click()
    return session_on(page)


def subscription_of(shop: Shop, session_id: str) -> str:
    query = "SELECT subscription_id FROM payments_subscription WHERE session_id = %s"
    ((subscription_id,),) = shop.rows(query, session_id)
    return str(subscription_id)


def test_a_member_subscribes_cancels_and_sees_it_end(member: Page, shop: Shop, stripe: Stripe) -> None:
    session_id = subscribe(member)
    pay(member)
    expect(heading(member, "You’re a member")).to_be_visible()
    expect(member.get_by_text("Get 25% off every seat.")).to_be_visible()

    member.get_by_role("button", name="Change or cancel").click()
    member.get_by_role("link", name="Cancel plan").click()
    member.get_by_role("button", name="Cancel plan").click()
    member.goto(PAGE)
    expect(member.get_by_text("It ends on")).to_be_visible()

    stripe.post(f"/subscriptions/{subscription_of(shop, session_id)}/cancel", {"now": True})
    expect(heading(member, ENDED)).to_be_visible()
    expect(member.get_by_role("button", name="Subscribe")).to_have_count(2)


def test_the_page_says_by_itself_that_the_payment_has_come(member: Page, stripe: Stripe) -> None:
    session_id = subscribe(member)
    member.goto(PAGE)
    expect(heading(member, "Waiting for your payment")).to_be_visible()

    stripe.pay(session_id)

    expect(heading(member, "You’re a member")).to_be_visible()


def test_another_tab_hears_of_it_too(member: Page, stripe: Stripe) -> None:
    session_id = subscribe(member)
    other = member.context.new_page()
    for tab in (member, other):
        tab.goto(PAGE)
        expect(heading(tab, "Waiting for your payment")).to_be_visible()

    stripe.pay(session_id)

    for tab in (member, other):
        expect(heading(tab, "You’re a member")).to_be_visible()


def test_another_tab_hears_that_a_payment_page_was_opened(member: Page) -> None:
    other = member.context.new_page()
    other.goto(PAGE)
    expect(heading(other, "Membership")).to_be_visible()

    subscribe(member)

    expect(heading(other, "Waiting for your payment")).to_be_visible()


def test_a_page_that_waits_too_long_has_stripe_asked(member: Page, stripe: Stripe) -> None:
    session_id = subscribe(member)
    member.clock.install()
    member.goto(f"{PAGE}?session_id={session_id}")
    stripe.post("/webhooks", {"drop": True})
    stripe.pay(session_id)

    member.clock.fast_forward(LATE)

    expect(heading(member, "You’re a member")).to_be_visible()


def test_who_asks_a_silent_stripe_is_told_so(member: Page, stripe: Stripe, watch: Watch) -> None:
    watch.expect("503 (Service Unavailable)")
    session_id = subscribe(member)
    member.goto(PAGE)
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=None)

    member.get_by_role("button", name="Check again").click()

    expect(member.get_by_text(SILENT)).to_be_visible()
    stripe.clear_faults()
    stripe.pay(session_id)
    expect(heading(member, "You’re a member")).to_be_visible()


def test_a_page_that_answers_a_button_goes_on_as_well(member: Page, stripe: Stripe, watch: Watch) -> None:
    watch.expect("503 (Service Unavailable)")
    stripe.fault("POST /v1/checkout/sessions", "reset_before", times=3)
    member.goto(PAGE)
    member.locator("[action*=patron]").get_by_role("button").click()
    expect(member.get_by_role("alert")).to_be_visible()

    member.get_by_role("button", name="Check again").click()

    expect(member.get_by_role("alert")).to_be_hidden()
    expect(heading(member, "Waiting for your payment")).to_be_visible()


def test_check_again_finds_what_no_event_told(member: Page, stripe: Stripe) -> None:
    session_id = subscribe(member)
    member.goto(PAGE)
    stripe.post("/webhooks", {"drop": True})
    stripe.pay(session_id)

    member.get_by_role("button", name="Check again").click()

    expect(heading(member, "You’re a member")).to_be_visible()


def test_who_goes_by_keys_stays_where_they_are(member: Page, shop: Shop, stripe: Stripe) -> None:
    session_id = subscribe(member)
    pay(member)
    check = member.get_by_role("button", name="Check again")
    invoice = member.get_by_role("link", name="View invoice")
    check.focus()
    with member.expect_response(f"**{PAGE}"):
        member.keyboard.press("Enter")
    expect(check).to_be_focused()

    invoice.focus()
    stripe.post(f"/subscriptions/{subscription_of(shop, session_id)}/cancel")

    expect(member.get_by_text("It ends on")).to_be_visible()
    expect(invoice).to_be_focused()


def test_leaving_stripes_page_leaves_nothing_open(member: Page, stripe: Stripe) -> None:
    session_id = subscribe(member)

    member.get_by_role("link", name="Back").click()

    expect(heading(member, "Not subscribed")).to_be_visible()
    assert stripe.session(session_id)["status"] == "expired"


def test_a_membership_works_without_javascript(new_customer: NewCustomer, shop: Shop, stripe: Stripe) -> None:
    page = new_customer(java_script_enabled=False)
    sign_in(page, shop, "no-script@example.com", wanted=PAGE)
    page.locator("[action*=patron]").get_by_role("button").click()
    session_id = session_on(page)
    page.goto(PAGE)
    stripe.pay(session_id)

    page.get_by_role("button", name="Check again").click()

    expect(heading(page, "You’re a member")).to_be_visible()


def test_who_has_not_signed_in_is_asked_to(page: Page) -> None:
    page.goto(PAGE)

    page.get_by_role("link", name="Sign in to subscribe").first.click()

    page.wait_for_url("**/account/login/?next=/membership/")


def test_a_member_chooses_in_the_presale_at_a_members_price(
    member: Page, new_customer: NewCustomer, shop: Shop, stripe: Stripe
) -> None:
    stripe.pay(subscribe(member))
    member.goto(PAGE)
    expect(heading(member, "You’re a member")).to_be_visible()
    shop.processes.run("a new event", "manage", "shell", "--no-imports", "-c", FIRST_NIGHT)
    stranger = new_customer()
    stranger.goto("/events/first-night/")
    expect(stranger.get_by_text("Members can buy from")).to_be_visible()

    member.goto("/events/first-night/")
    expect(heading(member, "First Night")).to_be_visible()
    expect(member.get_by_role("region", name="Members buy first")).to_be_visible()
    seat(member, "A-1").check()
    seat(member, "A-2").check()

    expect(member.locator("[data-total]:visible")).to_have_text("€30.00")
    seat_map(member).get_by_label("Your name").fill("Ada Lovelace")
    seat_map(member).get_by_label("Email").fill("ada@example.com")
    submit_button(seat_map(member)).click()
    session_id = session_on(member)
    assert stripe.session(session_id)["amount_total"] == 3000
    pay(member)
    expect(member.get_by_text("Member’s saving")).to_be_visible()


def test_a_membership_that_ends_meanwhile_makes_no_surprise_of_the_price(
    member: Page, shop: Shop, stripe: Stripe, seats: Pair, watch: Watch
) -> None:
    watch.expect("409 (Conflict)")
    ((price,),) = shop.rows(PRICE, list(seats))
    joined = subscribe(member)
    pay(member)
    expect(heading(member, "You’re a member")).to_be_visible()
    member.goto("/events/demo-night/")
    for label in seats:
        seat(member, label).check()
    expect(member.locator("[data-total]:visible")).to_have_text(f"€{price * 0.75 / 100:.2f}")
    stripe.post(f"/subscriptions/{subscription_of(shop, joined)}/cancel", {"now": True})
    wait_for(lambda: shop.rows(ENDED_ROW, joined), "word of the end")

    seat_map(member).get_by_label("Your name").fill("Ada Lovelace")
    seat_map(member).get_by_label("Email").fill("ada@example.com")
    submit_button(seat_map(member)).click()
    expect(member.get_by_text(f"it’s now €{price / 100:.2f}")).to_be_visible()
    expect(member.locator("[data-total]:visible")).to_have_text(f"€{price / 100:.2f}")

    submit_button(seat_map(member)).click()
    assert stripe.session(session_on(member))["amount_total"] == price
