"""All pages that customers can see, in all states, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urljoin

import httpx
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Page, expect

from config.middleware.security_headers import HEADERS
from tests.browser.support import pages
from tests.browser.support.accounts import sign_in
from tests.browser.support.staging import MEMBERS, STATUSES, Stage
from tests.support.patience import wait_for

FAILED = 500  # from here on the shop has shown that something went wrong, not the scene


def _nothing(page: Page) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Scene:
    """
    A page in one state.

    It is at ``address``, or where the stage has the scene named ``at``, by default this one. ``who`` is
    signed in, if set, and ``act`` is done on the page.
    """

    address: str = ""
    at: str = ""
    who: str = ""
    act: Callable[[Page], None] = _nothing


class Theatre:
    """Opens scenes. Each customer signs in once for all their scenes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._cookies: dict[str, Any] = {}

    def open(self, page: Page, name: str) -> None:
        """Open a scene in ``page``, which no other scene was in."""
        answer = page.goto(self.prepare(page, name))
        assert answer is None or answer.status < FAILED, f"{name}: {answer.status}"
        SCENES[name].act(page)

    def prepare(self, page: Page, name: str) -> str:
        """Prepare ``page`` for a scene, with its customer signed in, and return the scene's address."""
        scene = SCENES[name]
        page.goto("about:blank")  # Or the previous page would send requests as another customer.
        page.unroute_all()
        page.context.set_offline(False)
        page.context.clear_cookies()
        if scene.who:
            page.context.add_cookies(self._cookies_of(scene.who, page))
        return scene.address or self.stage.addresses[scene.at or name]

    def _cookies_of(self, who: str, page: Page) -> Any:
        if who not in self._cookies:
            assert page.context.browser
            context = page.context.browser.new_context(base_url=self.stage.shop.site, locale="en-GB")
            own = context.new_page()
            sign_in(own, self.stage.shop, f"{who}@example.com")
            if who in MEMBERS:
                self.stage.become_member(who, lambda: _go_to_subscribe(own))
            self._cookies[who] = [it for it in context.cookies() if it["name"] == "sessionid"]
            context.close()
        return self._cookies[who]


def _go_to_subscribe(page: Page) -> str:
    """Choose the monthly plan, and return the id of the session on Stripe's page."""
    page.goto("/membership/")
    page.locator("form[action*=patron] button").click()
    return pages.session_on(page)


# The actions use no texts, so that they work in every language.


def _choose(page: Page) -> None:
    for label in ("D-3", "D-4", "D-5"):
        pages.seat(page, label).check()


def _send_mistakes(page: Page) -> None:
    """Submit the form with mistakes, without the browser's own validation."""
    form = page.locator("form[data-seat-map]")
    form.evaluate("form => form.noValidate = true")
    form.locator("[name=email]").fill("nobody")
    form.evaluate("form => form.submit()")  # with nothing chosen, which the button wouldn't send
    page.locator("#problems").wait_for()


def _send_stale(page: Page) -> None:
    """Submit a form after its CSRF cookie was deleted."""
    page.context.clear_cookies()
    _fill_in(page, "D-3")
    with page.expect_navigation():
        page.locator("form[data-seat-map] [type=submit]").last.click()


def _fill_in(page: Page, seat: str) -> None:
    form = page.locator("form[data-seat-map]")
    pages.seat(page, seat).check()
    form.locator("[name=name]").fill("Ada Lovelace")
    form.locator("[name=email]").fill("ada@example.com")


_seats = count(1)


def _leave_the_checkout(page: Page) -> None:
    """Go to Stripe's page with a seat, and come back without paying."""
    address = page.url
    _fill_in(page, f"G-{next(_seats)}")
    with page.expect_navigation():
        page.locator("form[data-seat-map] [type=submit]").last.click()
    page.goto(address)
    page.locator("[data-hold]").wait_for()


_others = count(1)


def _lose_a_seat(page: Page) -> None:
    """Choose two seats, one of which another customer takes."""
    lost, kept = (f"E-{next(_others)}" for _ in "ab")
    for label in (lost, kept):
        pages.seat(page, label).check()
    _take(page, lost)
    page.locator("[data-say^=lost]:visible").wait_for()


def _lose_the_race(page: Page) -> None:
    """Submit the form with a seat that another customer has just taken."""
    pages.keep_from_hearing(page)
    page.reload()
    seat = f"E-{next(_others)}"
    _fill_in(page, seat)
    _take(page, seat)
    with page.expect_navigation():
        page.locator("form[data-seat-map] [type=submit]").last.click()
    page.locator("[data-offered]").first.wait_for()


def _take(page: Page, seat: str) -> None:
    wish = {"event": "on-sale", "seats": [seat], "name": "Eve", "email": "eve@example.com"}
    httpx.post(urljoin(page.url, "/api/checkout"), json=wish).raise_for_status()


def _go_offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator("[data-state=offline]").wait_for()


def _open_a_copy(page: Page) -> None:
    """Open a ticket again while offline."""
    kept = "caches.match(location.pathname, { ignoreVary: true }).then(Boolean)"
    wait_for(lambda: page.evaluate(kept), "a copy of the ticket")
    page.context.set_offline(True)
    page.reload()
    page.locator("[data-kept]").wait_for()


def _lose_the_shop(page: Page) -> None:
    """Click *Refresh* while the shop can't be reached."""
    page.route("**/api/bookings/sync", lambda route: route.abort("connectionrefused"))
    page.locator("[data-refresh] button").click()
    page.locator("[data-state=away]").wait_for()


def _check_with_silent_stripe(page: Page) -> None:
    """Click *Check again* until the shop asks Stripe, which it does every ten seconds at most."""
    for _ in range(6):
        with page.expect_response("**/api/payment-status/verify") as answer:
            page.locator("[data-late] [data-check] button").click()
        if answer.value.status == 503:
            break
        page.wait_for_timeout(2_000)
    page.locator("[data-silent]").wait_for()


def _end_the_session_elsewhere(page: Page) -> None:
    """Sign out, and return to the page."""
    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.locator("[data-state=signed-out]").wait_for()


def _show(status: int) -> Callable[[Page], None]:
    """
    Return an action that shows the error page of ``status``, with the shop's headers.

    The shop shouldn't have such errors, so the page is rendered here, without the database.
    """

    def show(page: Page) -> None:
        asked = RequestFactory(headers={"Accept-Language": page.evaluate("navigator.language")}).get("/")
        with translation.override(translation.get_language_from_request(asked)):
            body = render_to_string(f"{status}.html")
        headers = {**HEADERS, "Content-Type": "text/html; charset=utf-8"}
        page.route("**/error/", lambda route: route.fulfill(status=status, body=body, headers=headers))
        page.goto("/error/")
        expect(page.locator("h1")).to_be_visible()

    return show


def _ask_to_cancel(page: Page) -> None:
    page.locator("[data-cancel]").first.click()
    page.locator("dialog[open]").wait_for()


_strangers = count(1)


def _ask_for_a_code(page: Page) -> None:
    page.locator("#main [inputmode=email]").fill(f"stranger-{next(_strangers)}@example.com")
    with page.expect_navigation():
        page.locator("#main form button").first.click()


def _mistype_the_code(page: Page) -> None:
    _ask_for_a_code(page)
    page.locator("#code").fill("1111 1111")
    with page.expect_navigation():
        page.locator("#main form button").first.click()


def _send(page: Page) -> None:
    """Submit the page's form as it is, without the browser's own validation."""
    page.locator("#main form").first.evaluate("form => form.noValidate = true")
    with page.expect_navigation():
        page.locator("#main form button").first.click()


def _give_both_back(page: Page) -> None:
    for seat in page.locator("#main [name=seats]").all():
        seat.check()
    _send(page)


def _send_no_name(page: Page) -> None:
    page.locator("#name").fill("")
    _send(page)


ON_SALE = "/events/on-sale/"
OUTCOMES = ("let go", "paid", "processing", "over", "Stripe away")
SCENES: dict[str, Scene] = {
    "Programme: events": Scene("/"),
    "Event: on sale": Scene(ON_SALE),
    "Event: chosen seats": Scene(ON_SALE, act=_choose),
    "Event: mistakes": Scene(ON_SALE, act=_send_mistakes),
    "Event: open checkout": Scene(ON_SALE, act=_leave_the_checkout),
    "Event: somebody was quicker": Scene(ON_SALE, act=_lose_a_seat),
    "Event: lost race": Scene(ON_SALE, act=_lose_the_race),
    **{f"Event: {state}": Scene() for state in ("soon", "tickets soon", "closed", "sold out", "long words")},
    **{f"Payment: {status}": Scene() for status in STATUSES},
    **{f"Cancelled: {outcome}": Scene() for outcome in OUTCOMES},
    **{f"Booking: {status}": Scene() for status in STATUSES},
    **{f"Ticket: {state}": Scene() for state in ("valid", "on hold", "void")},
    "Ticket: offline": Scene(at="Ticket: valid", act=_open_a_copy),
    **{f"Name: {state}": Scene() for state in ("valid", "void")},
    "Name: none": Scene(at="Name: valid", act=_send_no_name),
    **{f"Cancelling: {status}": Scene() for status in ("succeeded", "pending", "refunded", "twenty seats")},
    "Cancelling: are you sure": Scene(at="Cancelling: succeeded", act=_give_both_back),
    "Tickets: all": Scene(),
    "My bookings: all states": Scene("/bookings/", who="ada"),
    "My bookings: none": Scene("/bookings/", who="newcomer"),
    "My bookings: offline": Scene("/bookings/", who="ada", act=_go_offline),
    "My bookings: shop away": Scene("/bookings/", who="ada", act=_lose_the_shop),
    "My bookings: Stripe away": Scene("/bookings/", who="late", act=_check_with_silent_stripe),
    "My bookings: signed out elsewhere": Scene("/bookings/", who="ada", act=_end_the_session_elsewhere),
    "My bookings: cancelling": Scene("/bookings/", who="ada", act=_ask_to_cancel),
    "Account: sign in": Scene("/account/login/"),
    "Account: no address": Scene("/account/login/", act=_send),
    "Account: code": Scene("/account/login/", act=_ask_for_a_code),
    "Account: wrong code": Scene("/account/login/", act=_mistype_the_code),
    "Account: address": Scene("/account/email/", who="newcomer"),
    "Account: current mailbox": Scene("/account/email/", who="newcomer", act=_ask_for_a_code),
    "Account: sign out": Scene("/account/logout/", who="newcomer"),
    "Account: signed out": Scene("/account/signed-out/"),
    "Membership: offers": Scene("/membership/"),
    "Membership: signed in": Scene("/membership/", who="newcomer"),
    **{f"Membership: {state}": Scene("/membership/", who=who) for who, state in MEMBERS.items()},
    "Error: nothing here": Scene("/nowhere/"),
    "Error: stale form": Scene(ON_SALE, act=_send_stale),
    "Error: something went wrong": Scene("/", act=_show(500)),
    "Error: database away": Scene("/", act=_show(503)),
}
