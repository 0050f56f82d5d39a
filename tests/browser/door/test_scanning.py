"""At the door, in a browser: what camera, scanner and fingers give, and what the screen then says."""

import base64
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.door.phone import FEED, Phone
from tests.browser.support.door import OpenDoors
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop
from tests.browser.support.watch import Watch
from tests.support.patience import wait_for

STOP = """
    UPDATE bookings_ticket SET status = %s, stopped_for = %s, stopped_at = now() WHERE code = %s RETURNING id
"""
OPEN_AT = """
    UPDATE bookings_event SET doors_open_at = now() + %s * interval '1 minute' WHERE id = %s RETURNING id
"""
OTHERS = """
    SELECT ticket.code FROM bookings_ticket AS ticket
      JOIN bookings_booking AS booking ON booking.id = booking_id
     WHERE reference = %s
"""
HELD = """
    SELECT queued FROM bookings_device AS device JOIN bookings_scan AS scan ON scan.device_id = device.id
      JOIN bookings_ticket AS ticket ON ticket.id = scan.ticket_id
     WHERE ticket.code = %s
"""
SWAP = str.maketrans("yzYZ", "zyZY")


def other_event(shop: Shop, doors: OpenDoors, seats: tuple[str, str]) -> str:
    """Buy a ticket of another event, and return its token."""
    bought = shop.open_checkout(seats[0])
    shop.stripe.pay(str(bought["session_id"]))
    rows = wait_for(lambda: shop.rows(OTHERS, bought["booking"]), "a ticket of another event")
    return doors.token(rows[0][0])


def test_the_camera_leads_to_every_verdict(
    shop: Shop, doors: OpenDoors, phone: Phone, new_customer: NewCustomer, seats: tuple[str, str]
) -> None:
    renamed, refunded, disputed, let_in, inside, early = (next(doors.guests) for _ in range(6))
    shop.rows(STOP, "void", "renamed", renamed.code)
    shop.rows(STOP, "void", "refunded", refunded.code)
    shop.rows(STOP, "suspended", "disputed", disputed.code)
    foreign = other_event(shop, doors, seats)
    unknown = doors.token(base64.b32encode(secrets.token_bytes(16)).decode().rstrip("="))
    south = Phone(new_customer())
    doors.pair(south.page.context, gate="South")
    south.start(camera=False)
    south.scan(inside.token)
    south.expect_verdict("admitted", "Welcome", inside.seat)
    phone.start()

    phone.show(let_in.token)
    phone.expect_verdict("admitted", "Welcome", let_in.seat)
    phone.scan(let_in.token)
    phone.expect_verdict("again", "Already scanned", let_in.seat)
    phone.show("https://example.com/")
    phone.expect_verdict("invalid", "Not our ticket", "It’s a web address.")
    phone.show(unknown)
    phone.expect_verdict("unknown", "Not known")
    phone.show(foreign)
    phone.expect_verdict("wrong_event", "Another event", "Demo Night")
    phone.show(renamed.token)
    phone.expect_verdict("replaced", "Replaced", "Ask for the newer ticket.")
    phone.show(refunded.token)
    phone.expect_verdict("void", "Not valid", "Refunded on")
    phone.show(disputed.token)
    phone.expect_verdict("suspended", "Box office", "disputed")
    phone.show(inside.token)
    phone.expect_verdict("inside", "Already inside", inside.seat, "South")
    shop.rows(OPEN_AT, 30, doors.event)
    phone.show(early.token)
    phone.expect_verdict("not_yet", "Too early", "Doors open")
    shop.rows(OPEN_AT, -60, doors.event)


def test_a_code_that_stays_in_view_is_judged_once(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start()

    phone.show("no ticket")
    phone.expect_verdict("invalid", "Not our ticket")
    phone.go_on()
    phone.show(guest.token)
    phone.expect_verdict("admitted", "Welcome", guest.seat)

    assert [verdict for verdict, _shown, _offline in doors.scans(guest)] == ["admitted"]


def test_a_scanner_types_with_the_camera_off(doors: OpenDoors, phone: Phone) -> None:
    one, two = next(doors.guests), next(doors.guests)
    phone.start(camera=False)

    phone.scan(one.token.lower())
    phone.expect_verdict("admitted", "Welcome", one.seat)
    phone.scan(two.token.translate(SWAP))
    phone.expect_verdict("admitted", "Welcome", two.seat)

    assert [verdict for verdict, _shown, _offline in doors.scans(two)] == ["admitted"]
    assert phone.page.get_by_role("button", name="Choose").count() == 0
    # What a request brings is held no more: else staff would read that each phone at rest still holds scans.
    assert doors.shop.rows(HELD, two.code) == [(0,)]


def test_a_code_is_typed(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start(camera=False)

    phone.page.get_by_label("Ticket code").fill(f" {guest.token.lower()} ")
    phone.page.get_by_role("button", name="Check").click()

    phone.expect_verdict("admitted", "Welcome", guest.seat)
    phone.page.keyboard.press("Escape")
    expect(phone.verdict).to_have_count(0)


def test_a_scan_is_taken_back(shop: Shop, doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start(camera=False)
    phone.scan(guest.token)
    phone.expect_verdict("admitted", "Welcome", guest.seat)
    phone.go_on()

    phone.page.get_by_role("button", name="Undo").click()
    expect(phone.page.locator("[data-undone=true]")).to_contain_text(guest.seat)
    phone.scan(guest.token)

    phone.expect_verdict("admitted", "Welcome", guest.seat)


def test_a_blocked_camera_leaves_scanner_and_typing(
    doors: OpenDoors, phone_with: Callable[..., Phone]
) -> None:
    guest = next(doors.guests)
    phone = phone_with(guest.token, allowed=False)
    phone.page.goto("/door/")

    phone.page.get_by_role("button", name="Open camera").first.click()

    phone.expect_camera("denied")
    expect(phone.page.get_by_text("The camera is blocked.")).to_be_visible()
    phone.page.get_by_text("How to allow it").click()
    expect(phone.page.get_by_text("iPhone", exact=True)).to_be_visible()
    phone.scan(guest.token)
    phone.expect_verdict("admitted", "Welcome", guest.seat)


def test_a_real_camera_films_a_code(doors: OpenDoors, phone_with: Callable[..., Phone]) -> None:
    guest = next(doors.guests)
    phone = phone_with(guest.token, allowed=True)

    phone.start()

    phone.expect_verdict("admitted", "Welcome", guest.seat)


def test_a_camera_that_goes_black_is_started_again(doors: OpenDoors, phone: Phone) -> None:
    guest = next(doors.guests)
    phone.start()

    phone.go_black()
    expect(phone.page.locator("[data-restarts]")).to_be_attached()
    phone.show(guest.token)
    phone.expect_verdict("admitted", "Welcome", guest.seat)
    phone.go_on()
    phone.go_black()
    phone.expect_camera("reload")

    expect(phone.page.get_by_role("button", name="Reload the page")).to_be_visible()


@pytest.mark.parametrize("code", ["73068347", "0000 0000"])
def test_a_wrong_code_pairs_nothing(code: str, new_customer: NewCustomer, watch: Watch) -> None:
    watch.expect("status of 403")
    page = new_customer()
    page.add_init_script(FEED)
    page.goto("/door/")

    page.get_by_label("8 digits").fill(code)
    page.get_by_role("button", name="Pair").click()

    expect(page.get_by_text("This code is wrong, used or too old.")).to_be_visible()
