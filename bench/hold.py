"""Measure what waiting pages cost one process: ``python -m bench.hold``."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from bench.support.client import rate
from bench.support.pages import open_pages
from bench.support.report import Bars, Table, tell
from bench.support.shop import Page, Shop, Web, open_shop, run

NUMBERS = (1_000, 10_000)
WAIT = 25  # s, as static/js/shared/waiting.js asks for
GIVE_UP = 60  # s to wait until all requests are held
COLUMNS = ("held", "kB each", "threads", "database connections", "statements each a minute", "processor (%)")
NOTE = (
    "Statements and processor time are those of one wait of every page, which asks again at once. A page's "
    "memory is that of the whole process, less what it had after a second of plain requests."
)


def main() -> None:
    with open_shop() as shop:
        rows = [run(partial(measure, shop, number)) for number in NUMBERS]
    values = [(f"{row[0]:,} pages held", float(row[1] or 0)) for row in rows]
    bars = Bars(title="Memory of a waiting page", values=values, goal=15, unit=" kB")
    tell("hold", Table(columns=COLUMNS, rows=rows), bars=bars, note=NOTE)


async def measure(shop: Shop, number: int) -> list[int | float]:
    """Return a row of the table."""
    web = shop.open("web")
    pages = await open_pages(shop, web, number)
    await rate(web.port, pages[0].url, seconds=1)  # Threads and connections exist now.
    before = web.memory
    async with waiting(web, pages):
        held = await until_held(web, number)
        threads, backends = web.threads, shop.backends()
        each = (web.memory - before) / number / 1024
        used, statements = web.seconds, shop.statements()
        await asyncio.sleep(WAIT)
        used, statements = web.seconds - used, shop.statements() - statements
    shop.processes.stop("web")
    return [held, each, threads, backends, statements / number * 60 / WAIT, 100 * used / WAIT]


@asynccontextmanager
async def waiting(web: Web, pages: Sequence[Page]) -> AsyncIterator[None]:
    """Let a client wait for each of ``pages``, again and again."""
    opening = asyncio.Semaphore(100)

    async def wait(page: Page) -> None:
        connection = web.connect()
        try:
            async with opening:
                await connection.__aenter__()
            while True:
                await connection.ask("GET", page.url, headers=page.waiting(WAIT))
        finally:
            await connection.__aexit__()

    tasks = [asyncio.create_task(wait(page)) for page in pages]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until_held(web: Web, number: int) -> int:
    """Wait until ``number`` requests are held, but not for ever; return how many are."""
    end = time.perf_counter() + GIVE_UP
    while (held := await web.held()) < number and time.perf_counter() < end:
        await asyncio.sleep(0.2)
    return held


if __name__ == "__main__":
    main()
