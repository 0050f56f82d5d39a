"""Measure the cost of held requests in one process: ``python -m bench.hold``."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import cycle, islice

from bench.support.client import rate
from bench.support.shop import Page, Shop, Web, command_for, open_shop, run

SHOP = "config.asgi:application"
LAYER = "bench.support.applications:unchanging"
CASES = ((1_000, SHOP, "status view"), (1_000, LAYER, "layer alone"), (10_000, LAYER, "layer alone"))
PAGES = 200  # which the held requests are spread over
GIVE_UP = 15  # s to wait until all requests are held


def main() -> None:
    with open_shop() as shop:
        print("               waiting    held   threads   database connections   kB each   kB of the process")
        for number, application, what in CASES:
            run(partial(measure, shop, number, application, what))


async def measure(shop: Shop, number: int, application: str, what: str) -> None:
    web = shop.open("web", command_for(application))
    if application == SHOP:
        pages = await shop.buy(web, PAGES)
    else:
        pages = [Page(f"cs_{number}", '"1"') for number in range(PAGES)]
    await rate(web.port, pages[0].url, seconds=1)  # Warm up: threads and connections exist now.
    before = web.memory
    async with waiting(web, pages, number):
        end = time.perf_counter() + GIVE_UP
        while (held := await web.held()) < number and time.perf_counter() < end:
            await asyncio.sleep(0.2)
        each = (web.memory - before) / number / 1024
        memory = f"{each:10.1f}{web.memory // 1024:20,}"
        print(f"  {what:13}{number:7,}{held:8,}{web.threads:10}{shop.backends():23}{memory}")
    shop.processes.stop("web")


@asynccontextmanager
async def waiting(web: Web, pages: Sequence[Page], number: int) -> AsyncIterator[None]:
    """Let ``number`` clients wait for one of ``pages`` each, again and again."""
    opening = asyncio.Semaphore(100)

    async def wait(page: Page) -> None:
        connection = web.connect()
        try:
            async with opening:
                await connection.__aenter__()
            while True:
                await connection.ask("GET", page.url, headers=page.waiting())
        finally:
            await connection.__aexit__()

    tasks = [asyncio.create_task(wait(page)) for page in islice(cycle(pages), number)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


if __name__ == "__main__":
    main()
