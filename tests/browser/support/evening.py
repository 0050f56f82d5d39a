"""Set up an evening on which much goes wrong, for the screenshots in ``docs/staff.md``."""

from collections.abc import Iterator
from io import BytesIO

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from config.dev.process_group import WORKER
from tests.browser.support import pages
from tests.browser.support.clerk import hire
from tests.browser.support.stack import Shop
from tests.support.patience import wait_for

DESK, PHONE = ViewportSize(width=1080, height=760), ViewportSize(width=390, height=844)  # CSS pixels
TAKE = "UPDATE bookings_seat SET booking_id = NULL WHERE label = %s RETURNING id"
UNDRAWN = """
    UPDATE bookings_ticket SET qr_png = NULL, drawing_error = 'MemoryError: no room to draw'
     WHERE id = (SELECT max(id) FROM bookings_ticket) RETURNING id
"""
# Shorten the paths in tracebacks, so that the pictures don't depend on this machine's folders.
SHORTEN = """
    UPDATE payments_stripeevent
       SET traceback = regexp_replace(traceback, 'File "/[^"]*?([^/"]+/[^/"]+[.]py)"', 'File "\\1"', 'g')
     WHERE outcome = 'failed' RETURNING id
"""
PAYMENT = "SELECT id FROM payments_payment WHERE session_id = %s"
FAILED = "SELECT id FROM payments_stripeevent WHERE outcome = 'failed'"


class Evening:
    """A shop with several problems, each with the booking of another customer."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.stripe = shop, shop.stripe
        self.stripe.resume()
        self.refunded = self._sell("Grace Hopper", "B-1", "B-2")
        self.disputed = self._sell("Mary Somerville", "G-1", "G-2")
        self.stripe.refund(self.refunded, 4200)
        self.stripe.dispute(self.disputed)
        self._wait_for("SELECT id FROM payments_dispute")
        self._wait_for("SELECT id FROM payments_refund WHERE status = 'succeeded'")
        shop.processes.stop("worker")  # Or it would solve some of the problems.
        shop.rows(UNDRAWN)
        self.stripe.withhold()
        self.unheard = self._sell("Katherine Johnson", "F-1", "F-2")
        self.failed = self._fail("Lise Meitner", "F-13", "F-14")

    def _open(self, name: str, *seats: str) -> str:
        first = name.split()[0].lower()
        wish = {"event": "demo-night", "seats": seats, "name": name, "email": f"{first}@example.com"}
        answer = httpx.post(f"{self.shop.site}/api/checkout", json=wish)
        return str(answer.raise_for_status().json()["session_id"])

    def _sell(self, name: str, *seats: str) -> str:
        session = self._open(name, *seats)
        self.stripe.pay(session)
        self._wait_for("SELECT id FROM payments_payment WHERE session_id = %s AND charge_id <> ''", session)
        return session

    def _fail(self, name: str, *seats: str) -> str:
        """Sell seats, but remove one from the booking before Stripe's event arrives."""
        session = self._open(name, *seats)
        self.shop.rows(TAKE, seats[0])
        self.stripe.pay(session)
        self.stripe.tell("completed", session)
        self._wait_for(FAILED)
        return session

    def _wait_for(self, query: str, *values: str) -> None:
        wait_for(lambda: self.shop.rows(query, *values), query)

    def page_of(self, session: str) -> str:
        [(payment,)] = self.shop.rows(PAYMENT, session)
        return f"/admin/payments/payment/{payment}"

    @property
    def event(self) -> str:
        [(event,)] = self.shop.rows(FAILED)
        return f"/admin/payments/stripeevent/{event}"


def photograph_staff(browser: Browser, shop: Shop) -> Iterator[tuple[str, Image.Image]]:
    """Set up the evening, and yield the name and a picture of each page in the manual."""
    evening = Evening(shop)
    context = browser.new_context(base_url=shop.site, viewport=DESK)
    page = context.new_page()
    clerk = hire(shop, "Finance", page, name="grace")
    clerk.log_in()
    unheard, refunded = evening.page_of(evening.unheard), evening.page_of(evening.refunded)
    addresses = {
        "front": "/admin/",
        "list": "/admin/payments/payment/?q=f-1",
        "payment": f"{unheard}/change/",
        "ask": f"{unheard}/ask/do/",
        "compare": f"{unheard}/compare/#comparison",
        "refund": f"{refunded}/refund/do/",
        "assign": f"{refunded}/assign_refund/do/",
        "event": f"{evening.event}/change/",
        "replay": f"{evening.event}/replay/",
    }
    for name, address in addresses.items():
        shop.rows(SHORTEN)
        page.goto(address)
        yield name, _look(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{unheard}/change/")
    yield "phone", _look(page)
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    yield from _ask_about_all(page, shop)
    context.close()


def _ask_about_all(page: Page, shop: Shop) -> Iterator[tuple[str, Image.Image]]:
    """Check all payments at Stripe, with the worker running again; yield pictures of it."""
    page.goto("/admin/payments/payment/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("ask")
    page.get_by_role("button", name="Go").click()
    yield "many", _look(page)
    shop.processes.start("worker", *WORKER)
    page.get_by_label("Why?").fill("Webhooks were away for an hour")
    page.get_by_role("button", name="Check with Stripe").click()
    expect(page.get_by_text("finished")).to_be_visible(timeout=30_000)
    yield "run", _look(page)


def _look(page: Page) -> Image.Image:
    page.mouse.move(0, 0)
    return Image.open(BytesIO(pages.photograph(page)))
