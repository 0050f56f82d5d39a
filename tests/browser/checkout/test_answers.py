"""What the page says once Stripe was asked, and how it follows money that goes back."""

from playwright.sync_api import Page, expect

from tests.browser.checkout.test_waiting import LATE
from tests.browser.support import pages
from tests.browser.support.pages import Pair
from tests.browser.support.stack import Shop, Stripe
from tests.browser.support.watch import Watch
from tests.support.patience import wait_for

PENDING_CARD = "4000000000007726"
UNDER_WAY = """
    SELECT refund_id FROM payments_refund AS refund JOIN payments_payment AS paid ON payment_id = paid.id
     WHERE session_id = %s AND refund.status = 'pending'
"""
SILENT = "no clear answer from the payment provider"


def wait_until_late(page: Page, session: str) -> None:
    """Open the page of a payment that nobody makes, and let it ask Stripe by itself."""
    page.clock.install()
    with pages.asking(page):
        page.goto(f"/payments/success/?session_id={session}")
    with page.expect_response("**/payment-status/verify"):
        page.clock.fast_forward(LATE)


def test_who_asks_reads_what_was_found(page: Page, seats: Pair) -> None:
    session = pages.order(page, *seats)

    wait_until_late(page, session)

    expect(page.get_by_text("The payment provider was asked, and knew of no payment yet.")).to_be_visible()
    expect(page.get_by_text(SILENT)).to_be_hidden()


def test_who_asks_a_silent_stripe_reads_that_it_is_silent_until_it_answers(
    page: Page, stripe: Stripe, watch: Watch, seats: Pair
) -> None:
    watch.expect("503 (Service Unavailable)")
    session = pages.order(page, *seats)
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=None)

    wait_until_late(page, session)

    expect(page.get_by_text(SILENT)).to_be_visible()
    stripe.clear_faults()
    page.get_by_role("button", name="Ask the payment provider now").click()
    expect(page.get_by_text(SILENT)).to_be_hidden()


def value_of(shop: Shop, query: str, session: str) -> str:
    """Return the value that ``query`` finds for a session, as soon as it finds one."""
    return str(wait_for(lambda: shop.rows(query, session), query)[0][0])


def open_once(page: Page, shop: Shop, session: str, status: str) -> None:
    """Open the page of a payment as soon as the shop has heard that it is ``status``."""
    value_of(shop, f"SELECT id FROM payments_payment WHERE session_id = %s AND status = '{status}'", session)
    page.goto(f"/payments/success/?session_id={session}")


def test_a_page_that_waits_for_its_money_says_when_it_has_left(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    session = str(shop.open_checkout(*seats)["session_id"])
    page.goto(f"/payments/cancelled/?session_id={session}")
    stripe.pay(session, card=PENDING_CARD, late=True)
    open_once(page, shop, session, "refund_due")
    expect(pages.heading(page, "Your money is coming back")).to_be_visible()
    expect(page.get_by_text("arrived after this booking had been cancelled")).to_be_visible()
    pages.mark(page)
    stripe.settle_refund(value_of(shop, UNDER_WAY, session), "succeeded")
    expect(pages.heading(page, "Your money was sent back")).to_be_visible()
    assert pages.is_marked(page)


def test_refunded_tickets_show_no_code_any_more_to_a_browser_that_had_it(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    session = str(shop.open_checkout(*seats)["session_id"])
    stripe.pay(session)
    open_once(page, shop, session, "succeeded")
    codes = page.get_by_role("img", name="QR code")
    expect(codes).to_have_count(2)
    picture = str(codes.first.get_attribute("src"))
    valid = fetch_tag(page, picture)
    stripe.refund(session)
    open_once(page, shop, session, "refunded")
    expect(page.get_by_text("This ticket was refunded")).to_have_count(2)
    expect(codes).to_have_count(0)
    assert fetch_tag(page, picture) != valid


def fetch_tag(page: Page, address: str) -> str:
    """Return the entity tag of what the browser shows for an address, from its cache or not."""
    return str(page.evaluate("src => fetch(src).then(answer => answer.headers.get('ETag'))", address))


def test_who_has_yet_to_pay_by_voucher_is_led_there_until_it_is_paid(
    page: Page, shop: Shop, stripe: Stripe, seats: Pair
) -> None:
    # Other tests pay by these at the same Stripe.
    stripe.post("/account", {"payment_methods": ["card", "us_bank_account", "sepa_debit", "multibanco"]})
    session = pages.order(page, *seats)
    page.goto(f"/payments/success/?session_id={session}")
    way = page.get_by_role("link", name="See how to pay")
    expect(way).to_be_hidden()

    stripe.pay(session, method="multibanco")

    expect(page.get_by_role("heading", name="You still have to pay")).to_be_visible()
    expect(way).to_be_visible()
    url = value_of(shop, "SELECT instructions_url FROM payments_payment WHERE session_id = %s", session)
    assert way.get_attribute("href") == url
    expect(page).to_have_title("You still have to pay · Demo Night · Admit")
    stripe.post(f"/sessions/{session}/settle", {"ok": True})
    expect(page.get_by_role("heading", name="The seats are yours")).to_be_visible()
    expect(way).to_be_hidden()
