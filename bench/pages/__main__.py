"""Measure how much data each page loads: ``python -m bench.pages``."""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.support.chromium import MISSING, launch
from tests.browser.support.scenes import Theatre
from tests.browser.support.stack import running_shop
from tests.browser.support.staging import Stage

PAGES = [
    "Programme: events",
    "Event: on sale",
    "Payment: pending",
    "Payment: succeeded",
    "Booking: succeeded",
    "Ticket: valid",
    "Tickets: all",
    "My bookings: all states",
    "Account: sign in",
]
HALLS = [(20, 25), (40, 50)]  # rows, and seats per row
QUIET = 500  # ms to wait for late requests
ICON = "fetch(document.querySelector('link[rel=icon]').href).then(answer => answer.blob())"


@dataclass
class Weight:
    """The data transferred for one visit, in bytes with headers, by the type of resource."""

    bytes: Counter[str] = field(default_factory=Counter)
    requests: int = 0


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_shop(Path(folder)) as shop,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        if browser is None:
            sys.exit(MISSING)
        theatre = Theatre(Stage(shop))
        print(f"{'':24}{'first visit: kB':>16}{'page':>8}{'style':>8}{'script':>8}{'requests':>10}", end="")
        print(f"{'again: kB':>12}{'requests':>10}")
        for name in PAGES:
            report(name, *visit_twice(browser, theatre, name))
        for rows, seats in HALLS:
            address = theatre.stage.add_hall(f"hall-{rows}", rows=rows, seats=seats)
            report(f"Event: {rows * seats:,} seats", *visit_twice(browser, theatre, address=address))
        browser.close()


def visit_twice(
    browser: Browser, theatre: Theatre, name: str = "", address: str = ""
) -> tuple[Weight, Weight]:
    """Return the weight of the first and the second visit to a page."""
    # Without the service worker, whose answers don't count as network data.
    context = browser.new_context(base_url=theatre.stage.shop.site, service_workers="block")
    page = context.new_page()
    address = address or theatre.prepare(page, name)
    weights = visit(page, address), visit(page, address)
    context.close()
    return weights


def visit(page: Page, address: str) -> Weight:
    weight, kinds, devtools = Weight(), {}, page.context.new_cdp_session(page)

    def begin(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event.get("type", "Other")

    def finish(event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        weight.bytes[kinds[event["requestId"]]] += size
        weight.requests += size > 0  # Not if it came from the browser's cache.

    devtools.on("Network.requestWillBeSent", begin)
    devtools.on("Network.loadingFinished", finish)
    devtools.send("Network.enable")
    page.goto(address)
    page.evaluate(ICON)
    page.wait_for_timeout(QUIET)
    devtools.detach()
    return weight


def report(name: str, first: Weight, again: Weight) -> None:
    parts = [first.bytes[kind] for kind in ("Document", "Stylesheet", "Script")]
    columns = "".join(f"{size / 1000:8.1f}" for size in parts)
    print(f"{name:24}{first.bytes.total() / 1000:16.1f}{columns}{first.requests:10}", end="")
    print(f"{again.bytes.total() / 1000:12.1f}{again.requests:10}")


if __name__ == "__main__":
    main()
