"""
Measure what a phone on a slow network sees, and when: ``python -m bench.pages.paint [--write]``.

As Lighthouse's simulated phone: 412 × 823 pixels, a processor four times slower, 150 ms of latency and 1.6
Mbit/s. Each page is opened for the first time, a few times, and the median is told beside a page with one
sentence in the same browser.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.support.report import Bars, Table, tell
from tests.browser.support.chromium import MISSING, launch
from tests.browser.support.scenes import Theatre
from tests.browser.support.stack import running_shop
from tests.browser.support.staging import Stage

PAGES = ["Programme: events", "Event: on sale", "Payment: succeeded", "Booking: succeeded", "Ticket: valid"]
HALL = (20, 25)  # rows, and seats per row
ROUNDS = 5
GOAL = 1200  # ms to the largest paint
QUIET = 800  # ms to wait for what is painted late
PHONE: Any = {
    "viewport": {"width": 412, "height": 823},
    "device_scale_factor": 1.75,
    "is_mobile": True,
    "has_touch": True,
}
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER = 4  # times
WATCH = """
    window.painted = {largest: 0, shift: 0}
    new PerformanceObserver(list => { for (const it of list.getEntries()) painted.largest = it.startTime })
        .observe({type: "largest-contentful-paint", buffered: true})
    new PerformanceObserver(list => {
        for (const it of list.getEntries()) if (!it.hadRecentInput) painted.shift += it.value
    }).observe({type: "layout-shift", buffered: true})
"""
READ = """() => ({...painted,
    first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0})"""


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
        hall = theatre.stage.add_hall("hall", rows=HALL[0], seats=HALL[1])
        rows: list[list[Any]] = [["a page with one sentence", *paint(browser, theatre, address="/healthz")]]
        rows += [[name, *paint(browser, theatre, name)] for name in PAGES]
        rows.append([f"Event: {HALL[0] * HALL[1]} seats", *paint(browser, theatre, address=hall)])
        browser.close()
    table = Table(columns=["", "first paint (ms)", "largest paint (ms)", "layout shift"], rows=rows)
    bars = Bars(title="Largest paint, ms", values=[(row[0], row[2]) for row in rows], goal=GOAL)
    tell("paint", table, bars=bars)


def paint(
    browser: Browser, theatre: Theatre, name: str = "", address: str = ""
) -> tuple[float, float, float]:
    """Return the medians of the first and the largest paint, in ms, and the worst layout shift."""
    seen = [visit(browser, theatre, name, address) for _round in range(ROUNDS)]
    return (
        median(it["first"] for it in seen),
        median(it["largest"] for it in seen),
        max(round(it["shift"], 4) for it in seen),
    )


def visit(browser: Browser, theatre: Theatre, name: str, address: str) -> dict[str, float]:
    context = browser.new_context(base_url=theatre.stage.shop.site, service_workers="block", **PHONE)
    page = context.new_page()
    address = address or theatre.prepare(page, name)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.clearBrowserCache")
    devtools.send("Network.emulateNetworkConditions", NETWORK)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_timeout(QUIET)
    seen: dict[str, float] = page.evaluate(READ)
    context.close()
    return seen


if __name__ == "__main__":
    main()
