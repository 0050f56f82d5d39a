"""
Measure how many tickets a minute a phone at the door admits: ``python -m bench.door.page``.

A real browser sees one code after the other, each from the moment in which the screen says that the guest
before may come in. People take longer to hold out their phones; this is what the door itself takes.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.door.phone import FEED, Phone
from tests.browser.support.chromium import MISSING, launch
from tests.browser.support.door import OpenDoors
from tests.browser.support.stack import Shop, running_shop

GUESTS = 40
AIM = 25  # tickets a minute


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_shop(Path(folder)) as shop,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        if browser is None:
            sys.exit(MISSING)
        took = admit_all(browser, shop)
        browser.close()
    rate = 60 * len(took) / sum(took)
    each = f"{statistics.median(took):.2f} s each (median), {max(took):.2f} s at most"
    sys.stdout.write(f"{len(took)} tickets, {rate:.0f} a minute (aim: {AIM}), {each}\n")


def admit_all(browser: Browser, shop: Shop) -> list[float]:
    """Return of each guest the seconds from the code in view until the screen shows the seat."""
    doors = OpenDoors(shop, GUESTS)
    context = browser.new_context(base_url=shop.site)
    doors.pair(context, gate="North")
    phone = Phone(context.new_page())
    phone.page.add_init_script(FEED)
    phone.start()
    took = []
    for guest in doors.guests:
        began = time.perf_counter()
        phone.show(guest.token)
        expect(phone.verdict.locator("[data-seat]")).to_have_text(guest.seat)
        took.append(time.perf_counter() - began)
    context.close()
    return took


if __name__ == "__main__":
    main()
