"""Measure how soon Chromium shows tickets once Stripe's event is accepted: ``python -m bench.truth``."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

from playwright.async_api import Browser, Route, async_playwright
from playwright.async_api import Page as Tab

from bench.support.report import Bars, Cell, Table, tell
from bench.support.shop import Page, Shop, Web, deliver, open_shop, run
from tests.browser.support.chromium import MISSING, launch_async

WAIT = 25  # s, as in static/js/shared/waiting.js
OTHERS = 1_000  # pages that wait for payments of their own
TABS = 10  # of each kind in a round
ROUNDS = 10
PAUSE = (
    0.15  # s; payments are this far apart, or up to twice as far, so that they meet polling pages at any time
)
GOAL = 25  # ms from the event's acceptance to the tickets on the screen, median
OURS, POLLING = "the payment's page", "a page that polls every 2 s"
STAGES = {"inDocument": "in the document", "onScreen": "on the screen", "withCodes": "QR codes loaded"}
SUPPORT = Path(__file__).parent / "support"


@dataclass(frozen=True)
class Discovery:
    """When an event arrived and was accepted, and a tab reached each of the ``STAGES``, in s."""

    kind: str
    arrived: float
    accepted: float
    reached: dict[str, float]


def main() -> None:
    with open_shop() as shop:
        report(run(lambda: measure(shop)))


async def measure(shop: Shop) -> list[Discovery]:
    web = shop.open("web")
    others = await shop.buy(web, OTHERS)
    async with async_playwright() as playwright, waiting(web, others):
        browser = await launch_async(playwright)
        if browser is None:
            sys.exit(MISSING)
        tabs = [await new_tab(browser, web) for _ in range(2 * TABS)]
        rounds = [await measure_round(shop, web, tabs) for _ in range(1 + ROUNDS)]
        await browser.close()
    return [discovery for discoveries in rounds[1:] for discovery in discoveries]  # The first warms up.


async def new_tab(browser: Browser, web: Web) -> Tab:
    """Open an empty tab of a new customer."""
    context = await browser.new_context(base_url=f"http://127.0.0.1:{web.port}")
    await context.add_init_script(path=SUPPORT / "watch_tickets.js")
    return await context.new_page()


async def measure_round(shop: Shop, web: Web, tabs: list[Tab]) -> list[Discovery]:
    """Open a page of each kind in turn, then pay for one after the other."""
    purchases = await shop.buy(web, len(tabs))
    events = await shop.pay(purchases)
    kinds = list(islice(cycle((OURS, POLLING)), len(tabs)))
    await asyncio.gather(*map(open_page, tabs, kinds, purchases))
    found = []
    async with web.connect() as stripe:
        for tab, kind, purchase in zip(tabs, kinds, purchases, strict=True):
            truth = asyncio.create_task(tab.evaluate("truth"))
            await asyncio.sleep(random.uniform(1, 2) * PAUSE)
            arrived = time.time()
            await deliver(stripe, events[purchase.session_id])
            found.append(asyncio.create_task(discover(kind, truth, arrived, time.time())))
    return await asyncio.gather(*found)


async def discover(
    kind: str, truth: Awaitable[dict[str, float]], arrived: float, accepted: float
) -> Discovery:
    reached = {stage: ms / 1000 for stage, ms in (await truth).items()}
    return Discovery(kind, arrived, accepted, reached)


@asynccontextmanager
async def waiting(web: Web, pages: list[Page]) -> AsyncIterator[None]:
    """Let clients wait for ``pages``, one each, again and again; they don't ask all at the same moment."""

    async def wait(page: Page) -> None:
        async with web.connect() as connection:
            seconds = random.randint(1, WAIT)
            while True:
                await connection.ask("GET", page.url, headers=page.waiting(seconds))
                seconds = WAIT

    tasks = [asyncio.create_task(wait(page)) for page in pages]
    while await web.held() < len(pages) * 0.95:
        await asyncio.sleep(0.2)
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def open_page(tab: Tab, kind: str, purchase: Page) -> None:
    """Open the page after a purchase, and wait until it has asked for the payment's status."""
    address = f"/payments/success/?session_id={purchase.session_id}"
    async with tab.expect_request("**/api/payment-status**"):
        if kind == OURS:
            await tab.goto(address)
        else:
            await tab.route("**/payments/success/**", answer_with_polling)
            await tab.goto(address)
            await tab.unroute("**/payments/success/**")  # Intercepted requests would take longer.


async def answer_with_polling(route: Route) -> None:
    await route.fulfill(path=SUPPORT / "polling.html", content_type="text/html")


def report(discoveries: list[Discovery]) -> None:
    """Tell each stage's median and 99th percentile, of both kinds of page."""
    rows: list[list[Cell]] = []
    medians: dict[tuple[str, str], tuple[float, float]] = {}
    for stage, what in STAGES.items():
        for since in ("accepted", "arrived"):
            ours, polling = (delays(discoveries, kind, since, stage) for kind in (OURS, POLLING))
            medians[stage, since] = median(ours), median(polling)
            sooner = median(polling) / median(ours)
            rows.append([f"{what}, … {since}", *spread(ours), *spread(polling), f"{sooner:.0f} times"])
    tell(
        "truth",
        Table(
            title=f"{len(discoveries) // 2} payments for each page, {OTHERS:,} other pages waiting (ms)",
            columns=["tickets, since the event …", "median", "99 %", "polling: median", "99 %", "sooner by"],
            rows=rows,
        ),
        bars=Bars(
            title="From the event's acceptance to the tickets on the screen, median",
            values=list(zip((OURS, POLLING), medians["onScreen", "accepted"], strict=True)),
            goal=GOAL,
            unit=" ms",
        ),
    )


def delays(discoveries: list[Discovery], kind: str, since: str, stage: str) -> list[float]:
    """Return the ms from ``since``, ``arrived`` or ``accepted``, to a stage, for each tab of this kind."""
    return [
        1000 * (discovery.reached[stage] - getattr(discovery, since))
        for discovery in discoveries
        if discovery.kind == kind
    ]


def spread(values: list[float]) -> tuple[float, float]:
    return median(values), quantiles(values, n=100)[-1]


if __name__ == "__main__":
    main()
