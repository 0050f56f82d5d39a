"""Stripe's page: cards that are refused, 3-D Secure, bank debits."""

from playwright.sync_api import Page, expect

from tests.browser.support import pages
from tests.browser.support.pages import Pair
from tests.browser.support.stack import Shop, Stripe

DECLINED = "4000 0000 0000 0002"
THREE_D_SECURE = "4000 0027 6000 3184"


def test_a_good_card_after_a_refused_one_makes_one_booking(page: Page, shop: Shop, seats: Pair) -> None:
    pages.order(page, *seats, email="declined@example.com")
    pages.pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    pages.pay(page)
    pages.expect_tickets(page, *seats)
    of_hers = "JOIN bookings_booking b ON b.id = booking_id WHERE b.email = 'declined@example.com'"
    assert shop.rows(f"SELECT payments_payment.status FROM payments_payment {of_hers}") == [("succeeded",)]
    assert shop.rows(f"SELECT count(*) FROM bookings_ticket {of_hers}") == [(2,)]


def test_a_page_that_waits_says_what_was_paid_with_a_coupon(page: Page, stripe: Stripe, seats: Pair) -> None:
    session = pages.order(page, *seats)
    stripe.withhold()
    stripe.post(f"/sessions/{session}", {"coupon": stripe.coupon(percent_off="50")})
    page.reload()
    pages.pay(page)
    stripe.tell("completed", session)
    pages.expect_tickets(page, *seats)
    expect(page.get_by_text("after a discount of")).to_be_visible()
    names = page.locator("[data-amount] dt")
    expect(names).to_have_text(["Price", "Discount", "Paid"])


def test_a_page_that_waits_says_that_there_was_nothing_to_pay(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    session = pages.order(page, *seats)
    stripe.withhold()
    stripe.post(f"/sessions/{session}/pay", {"coupon": stripe.coupon(percent_off="100")})
    page.goto(f"/payments/success/?session_id={session}")
    stripe.tell("completed", session)
    pages.expect_tickets(page, *seats)
    expect(page.get_by_text("there was nothing to pay")).to_be_visible()
    expect(page.locator("[data-amount] dd").last).to_have_text("€0.00")


def test_3d_secure_that_succeeds_brings_the_tickets(page: Page, seats: Pair) -> None:
    pages.order(page, *seats)
    pages.pay(page, THREE_D_SECURE)
    page.get_by_role("button", name="Complete authentication").click()
    pages.expect_tickets(page, *seats)


def test_after_3d_secure_has_failed_another_card_can_pay(page: Page, seats: Pair) -> None:
    session = pages.order(page, *seats)
    pages.pay(page, THREE_D_SECURE)
    page.get_by_role("button", name="Fail authentication").click()
    expect(page.get_by_role("alert")).to_contain_text("unable to authenticate")
    assert pages.session_on(page) == session
    pages.pay(page)
    pages.expect_tickets(page, *seats)


def test_a_bank_debit_is_on_its_way_until_the_bank_has_paid(page: Page, stripe: Stripe, seats: Pair) -> None:
    session = pages.order(page, *seats)
    pages.pay_by_debit(page)
    expect(pages.heading(page, "Your payment is on its way")).to_be_visible()
    assert pages.offers(page) == ["box-office@example.com"]
    stripe.post(f"/sessions/{session}/settle", {"ok": True})
    pages.expect_tickets(page, *seats)


def test_a_bank_debit_that_fails_is_said_to_have_failed_and_frees_the_seats(
    page: Page, stripe: Stripe, seats: Pair
) -> None:
    session = pages.order(page, *seats)
    pages.pay_by_debit(page)
    expect(pages.heading(page, "Your payment is on its way")).to_be_visible()
    stripe.post(f"/sessions/{session}/settle", {"ok": False})
    expect(pages.heading(page, "The payment didn’t go through")).to_be_visible()
    expect(page.get_by_text("Your bank did not make the payment.")).to_be_visible()
    page.get_by_role("link", name="Choose other seats").click()
    pages.expect_free(page, *seats)


def test_seats_that_a_bank_debit_pays_for_are_not_offered_again(page: Page, seats: Pair) -> None:
    pages.order(page, *seats)
    pages.pay_by_debit(page)
    expect(pages.heading(page, "Your payment is on its way")).to_be_visible()
    pages.expect_taken(page, *seats)
    expect(pages.held(page)).to_have_count(0)
