"""At the door without a network, or with a bad one: nobody waits, nothing is lost, clashes are shown."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Locator, Page, Route, expect

from tests.browser.door.phone import Phone
from tests.browser.support.door import Guest, OpenDoors
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop
from tests.browser.support.watch import Watch
from tests.support.patience import wait_for

SCANS, LIST = "**/api/door/scans", "**/api/door/events/*/list?*"
OFFLINE = "ERR_INTERNET_DISCONNECTED"
STOP = """
    UPDATE bookings_ticket SET status = 'void', stopped_for = 'refunded', stopped_at = now() WHERE code = %s
    RETURNING id
"""
CONFLICTS = """
    SELECT entry.conflict, scan.gate FROM bookings_entry AS entry
      JOIN bookings_scan AS scan ON scan.id = entry.scan_id
     WHERE scan.digest = %s ORDER BY entry.entered_at
"""
UNDONE = """
    SELECT entry.undone_at IS NOT NULL FROM bookings_entry AS entry
      JOIN bookings_scan AS scan ON scan.id = entry.scan_id
     WHERE scan.digest = %s
"""
OPEN = """async event => {
  const { openDoor } = await import("/static/js/door/session.js")
  globalThis.door = await openDoor({ event, gate: "East", words: {} })
  globalThis.scan = wish => door.scan(wish, () => {})
}"""
NO_ED25519 = """
  const { importKey } = SubtleCrypto.prototype
  SubtleCrypto.prototype.importKey = function (...it) {
    if (it[2] === "Ed25519") return Promise.reject(new DOMException("", "NotSupportedError"))
    return importKey.apply(this, it)
  }
"""
READ = """async ([token, keys, options]) => {
  const { read } = await import("/static/js/door/judging/signature.js")
  return read(token, keys, options)
}"""
READ_ALL = """async ([tokens, keys]) => {
  const { read } = await import("/static/js/door/judging/signature.js")
  return (await Promise.all(tokens.map(it => read(it, keys)))).filter(Boolean).length
}"""
KEPT = "caches.open('door 1').then(place => place.match('/door/')).then(Boolean)"
# Makes the list as old as so many minutes.
AGE = """async minutes => {
  const database = await new Promise(resolve => {
    const request = indexedDB.open("door")
    request.onsuccess = () => resolve(request.result)
  })
  const facts = database.transaction("facts", "readwrite").objectStore("facts")
  const done = request => new Promise(resolve => { request.onsuccess = () => resolve(request.result) })
  const [name] = (await done(facts.getAllKeys())).filter(it => it.startsWith("list "))
  const about = await done(facts.get(name))
  await done(facts.put({ ...about, at: Date.now() - minutes * 60_000 }, name))
  database.close()
}"""
LEFT = "Promise.all([indexedDB.databases(), caches.keys()]).then(all => all.flat().map(it => it.name ?? it))"


@pytest.fixture
def north(doors: OpenDoors, new_customer: NewCustomer, watch: Watch) -> Phone:
    return open_phone(doors, new_customer, watch, gate="North")


def open_phone(
    doors: OpenDoors, new_customer: NewCustomer, watch: Watch, *, gate: str, role: str = "steward"
) -> Phone:
    """Return a phone that has the list, and whose page the browser has kept."""
    watch.expect(OFFLINE)
    phone = Phone(new_customer())
    doors.pair(phone.page.context, gate=gate, role=role)
    start(phone)
    wait_for(lambda: phone.page.evaluate(KEPT), "the page is kept")
    return phone


def start(phone: Phone) -> None:
    phone.start(camera=False)
    expect(state(phone, "list")).to_contain_text("tickets")


def state(phone: Phone, part: str) -> Locator:
    return phone.page.locator(f".door-state [data-{part}]")


def expect_online(phone: Phone, *, is_online: bool) -> None:
    expect(phone.page.locator(f"[data-door][data-online={str(is_online).lower()}]")).to_be_attached()


def expect_queued(phone: Phone, number: int) -> None:
    if number:
        expect(state(phone, "waiting")).to_have_text(f"{number} not sent")
    else:
        expect(state(phone, "waiting")).to_be_hidden()


def expect_shown(phone: Phone, verdict: str, *, confirmed: bool) -> None:
    found = f"[data-verdict={verdict}][data-confirmed={str(confirmed).lower()}]:not([hidden])"
    expect(phone.page.locator(found)).to_be_visible()


def let_in(phone: Phone, guest: Guest, *, confirmed: bool) -> None:
    phone.scan(guest.token)
    expect_shown(phone, "admitted", confirmed=confirmed)
    expect(phone.verdict).to_contain_text(guest.seat)
    phone.go_on()


def take(doors: OpenDoors, number: int) -> list[Guest]:
    return [next(doors.guests) for _ in range(number)]


def go(phone: Phone, *, online: bool) -> None:
    phone.page.context.set_offline(not online)
    expect_online(phone, is_online=online)


@contextmanager
def held(context: BrowserContext, *addresses: str) -> Iterator[None]:
    """Let no request to these addresses reach the server until the block ends."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    for address in addresses:
        context.route(address, hold)
    yield
    for address in addresses:
        context.unroute(address, hold)
    for route in waiting:
        with suppress(Error):  # The page has given up.
            route.continue_()


def test_two_phones_without_a_network_let_the_same_guest_in_and_a_supervisor_sees_both_places(
    north: Phone, doors: OpenDoors, shop: Shop, new_customer: NewCustomer, watch: Watch
) -> None:
    twice, void = take(doors, 2)
    shop.rows(STOP, void.code)
    south = open_phone(doors, new_customer, watch, gate="South", role="supervisor")
    go(north, online=False)
    let_in(north, twice, confirmed=False)
    go(south, online=False)
    let_in(south, twice, confirmed=False)
    south.scan(twice.token)
    expect_shown(south, "again", confirmed=False)
    south.scan(void.token)
    expect_shown(south, "void", confirmed=False)
    south.go_on()

    go(north, online=True)
    expect_queued(north, 0)
    go(south, online=True)
    expect_queued(south, 0)

    conflict = south.page.locator("[data-conflicts] li").filter(has_text=twice.seat)
    expect(conflict).to_contain_text("North")
    expect(conflict).to_contain_text("South")
    assert shop.rows(CONFLICTS, twice.digest) == [("", "North"), ("two_devices", "South")]
    conflict.get_by_role("button", name="Asked to leave").click()
    expect(conflict).to_have_count(0)
    north.scan(void.token)
    expect_shown(north, "void", confirmed=True)


def test_a_page_that_dies_loses_nothing_and_starts_again_without_a_network(
    north: Phone, doors: OpenDoors
) -> None:
    guests = take(doors, 3)
    context = north.page.context
    go(north, online=False)
    for guest in guests:
        let_in(north, guest, confirmed=False)
    north.page.close()

    again = Phone(context.new_page())
    start(again)
    expect_queued(again, 3)
    again.scan(guests[0].token)
    expect(again.verdict).to_have_attribute("data-verdict", re.compile("inside|again"))
    again.page.close()
    context.set_offline(False)
    last = Phone(context.new_page())
    start(last)
    expect_queued(last, 0)
    assert [doors.scans(guest)[0] for guest in guests] == [("admitted", "admitted", True)] * 3
    assert len(doors.scans(guests[0])) == 2


def test_the_age_of_the_list_is_shown_and_one_of_another_day_decides_nothing(
    north: Phone, doors: OpenDoors
) -> None:
    guest = next(doors.guests)
    north.page.context.set_offline(True)
    for minutes, age in [(0, "fresh"), (10, "aging"), (45, "old"), (2 * 24 * 60, "old")]:
        north.page.evaluate(AGE, minutes)
        north.start(camera=False)
        expect(north.page.locator(f"[data-list][data-age={age}]")).to_contain_text(f"{minutes} min")

    north.scan(guest.token)
    expect(north.verdict).to_contain_text("this device has no list of today")
    north.go_on()
    go(north, online=True)
    expect_queued(north, 0)
    let_in(north, guest, confirmed=True)


def test_a_slow_server_keeps_nobody_waiting_and_is_asked_again_once_it_is_quick(
    north: Phone, doors: OpenDoors
) -> None:
    slow, *others, last = take(doors, 5)
    with held(north.page.context, SCANS):
        north.scan(slow.token)
        expect_shown(north, "admitted", confirmed=False)
    expect_shown(north, "admitted", confirmed=True)
    north.go_on()

    with held(north.page.context, SCANS, LIST):
        for guest in others:
            let_in(north, guest, confirmed=False)
        expect_online(north, is_online=False)
    expect_online(north, is_online=True)
    expect_queued(north, 0)
    let_in(north, last, confirmed=True)
    for guest in [slow, *others]:
        assert [verdict for verdict, _shown, _offline in doors.scans(guest)] == ["admitted"]


def test_a_revoked_phone_says_what_it_holds_and_offers_it_before_it_is_cleared(
    doors: OpenDoors, new_customer: NewCustomer, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("401 (Unauthorized)")
    phone = open_phone(doors, new_customer, watch, gate="West")
    guest, page = next(doors.guests), phone.page
    go(phone, online=False)
    let_in(phone, guest, confirmed=False)
    doors.revoke(phone.page.context)
    page.context.set_offline(False)

    notice = page.get_by_role("alertdialog", name="This device is no longer paired")
    expect(notice).to_contain_text("Scans that haven’t been sent: 1.")
    with page.expect_download() as download:
        notice.get_by_role("link", name="Save the scans").click()
    download.value.save_as(tmp_path / "scans.json")
    (scan,) = json.loads((tmp_path / "scans.json").read_text())["scans"]
    assert (scan["token"], scan["shown"], scan["offline"]) == (guest.token, "admitted", True)
    notice.get_by_role("button", name="Clear this device").click()
    expect(page.get_by_role("heading", name="Pair this device")).to_be_visible()
    wait_for(lambda: page.evaluate(LEFT) == [], "nothing is left")


def test_one_tab_has_the_door_and_another_takes_over_when_it_is_closed(
    north: Phone, doors: OpenDoors
) -> None:
    first, second = take(doors, 2)
    go(north, online=False)
    let_in(north, first, confirmed=False)
    other = Phone(north.page.context.new_page())
    other.start(camera=False)
    notice = other.page.get_by_role("alertdialog", name="The door is open in another tab")
    expect(notice).to_be_visible()

    north.page.close()

    expect(notice).to_be_hidden()
    expect_queued(other, 1)
    let_in(other, second, confirmed=False)
    other.page.get_by_role("button", name="Undo").click()
    go(other, online=True)
    expect_queued(other, 0)
    wait_for(lambda: doors.shop.rows(UNDONE, second.digest) == [(True,)], "it is undone")
    let_in(other, second, confirmed=True)


def test_what_a_server_refuses_for_now_is_sent_in_smaller_parts_until_it_takes_it(
    north: Phone, doors: OpenDoors, watch: Watch
) -> None:
    watch.expect("Failed to load resource")
    guests = take(doors, 3)
    go(north, online=False)
    for guest in guests:
        let_in(north, guest, confirmed=False)
    answers, sizes = iter([500, 429]), []

    def answer(route: Route) -> None:
        sizes.append(len(json.loads(route.request.post_data or "")["scans"]))
        status = 413 if sizes[-1] > 1 else next(answers, 0)
        route.fulfill(status=status, json={}) if status else route.continue_()

    north.page.context.route(SCANS, answer)
    north.page.context.set_offline(False)

    expect_queued(north, 0)
    assert sizes[:4] == [3, 2, 1, 1]
    assert [doors.scans(guest) for guest in guests] == [[("admitted", "admitted", True)]] * 3


def test_a_scan_that_the_server_will_never_take_stays_and_holds_up_no_other(
    doors: OpenDoors, new_customer: NewCustomer, watch: Watch
) -> None:
    watch.expect(OFFLINE)
    page, guest, odd = new_customer(), next(doors.guests), next(doors.guests)
    doors.pair(page.context, gate="East")
    page.goto("/robots.txt")
    page.evaluate(OPEN, doors.event)
    page.wait_for_function("() => door.state.tickets > 0")
    page.context.set_offline(True)

    page.evaluate("token => scan({ token, kind: 'by ear' })", odd.token)
    page.evaluate("token => scan({ token })", guest.token)
    page.context.set_offline(False)

    page.wait_for_function("() => door.state.queued === 1 && door.state.refused.length === 1")
    assert page.evaluate("door.state.refused[0].code") == "invalid"
    assert doors.scans(guest) == [("admitted", "admitted", True)]
    kept = json.loads(page.evaluate("door.exportQueue().then(file => file.text())"))["scans"]
    assert [scan["token"] for scan in kept] == [odd.token]


@pytest.mark.parametrize("library", ["WebCrypto", "noble"])
def test_signatures_are_checked_without_a_server(library: str, page: Page, doors: OpenDoors) -> None:
    guest = next(doors.guests)
    if library == "noble":
        page.add_init_script(NO_ED25519)
    page.goto("/robots.txt")
    other = base64.b64encode(bytes(range(32))).decode()

    def read(token: str, keys: list[str], **options: bool) -> Any:
        return page.evaluate(READ, [token, keys, options])

    found = {"token": guest.token, "event": doors.event, "digest": guest.digest}
    assert read(guest.token, [doors.key]) == read(guest.token, [other, doors.key]) == found
    assert read(guest.token, [other]) is read(guest.token, []) is None
    swapped = guest.token.translate(str.maketrans("YZ", "ZY")).lower()
    assert read(swapped, [doors.key], typed=True) == found
    assert read(guest.token.lower(), [doors.key]) is None
    for wrong in ["", "x" * 10_000, guest.token[:100], f"https://example.com/{guest.token}"]:
        assert read(wrong, [doors.key], typed=True) is None
    content = base64.b32decode(guest.token)
    flipped = [content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] for place in range(85)]
    tokens = [base64.b32encode(it).decode() for it in flipped]
    assert page.evaluate(READ_ALL, [tokens, [doors.key]]) == 0
