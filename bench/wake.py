"""Measure how soon waiting pages learn of a payment: ``python -m bench.wake``."""

import asyncio
import time
from statistics import median, quantiles

from bench.support.client import Connection, rate
from bench.support.report import Bars, Table, tell
from bench.support.shop import Page, Shop, Web, deliver, open_shop, run

PAGES = 50
ROUNDS = 5
CROWDS = (50, 500, 9_600)  # clients that wait for the same payment
AT_ONCE = 100  # that connect
GOAL = 3_000  # answers/s


def main() -> None:
    with open_shop() as shop:
        run(lambda: measure(shop))


async def measure(shop: Shop) -> None:
    web = shop.open("web")
    delays: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        delays += await wake_one_by_one(shop, web, await shop.buy(web, PAGES))
    one_by_one = Table(
        title=f"{len(delays)} payments, {PAGES} pages waiting in one process",
        columns=("to the page (ms)", "median", "99 %"),
        rows=[
            ("from the webhook's answer", *_spread([after for after, _ in delays])),
            ("from the webhook's arrival", *_spread([whole for _, whole in delays])),
        ],
    )
    (page,) = await shop.buy(web, 1)
    used = web.seconds
    plain = await rate(web.port, page.url, seconds=4)
    rows = [("plain status requests", plain, 1.0, 1000 * (web.seconds - used) / (4 * plain))]
    for crowd in CROWDS:
        # Once for a large crowd: a connection's port can't be used again for a minute, and there are 28,000.
        rounds = [await wake_crowd(shop, web, crowd) for _ in range(1 if crowd > 1_000 else 3)]
        per_second, each = (median(values) for values in zip(*rounds, strict=True))
        rows.append((f"{crowd:,} clients of one payment", per_second, per_second / plain, 1000 * each))
    crowds = Table(columns=("", "answers/s", "of plain", "processor each (ms)"), rows=rows)
    bars = Bars(title="Answers a second", values=[row[:2] for row in rows], goal=GOAL)
    tell("wake", one_by_one, crowds, bars=bars)


def _spread(delays: list[float]) -> tuple[float, float]:
    return median(delays), quantiles(delays, n=100)[-1]


async def wake_one_by_one(shop: Shop, web: Web, pages: list[Page]) -> list[tuple[float, float]]:
    """Return, for each page, the ms from the webhook's answer and from its arrival to the page's update."""
    bodies = await shop.pay(pages)
    waiting = [Connection(web.port) for _ in pages]
    delays: list[tuple[float, float]] = []
    async with Connection(web.port) as stripe:
        for connection, page in zip(waiting, pages, strict=True):
            await connection.__aenter__()
            connection.send("GET", page.url, headers=page.waiting())
        await until_held(web, len(pages))
        for connection, page in zip(waiting, pages, strict=True):
            receiving = asyncio.create_task(connection.receive())
            arrival = time.perf_counter()
            await deliver(stripe, bodies[page.session_id])
            answered = time.perf_counter()
            answer = await receiving
            assert answer.json()["status"] == "succeeded"
            delays.append((1000 * (answer.at - answered), 1000 * (answer.at - arrival)))
            await connection.__aexit__()
    return delays


async def wake_crowd(shop: Shop, web: Web, crowd: int) -> tuple[float, float]:
    """
    Let ``crowd`` clients wait for the same payment, and pay.

    Return the answers per second, and the CPU time of each in s.
    """
    (page,) = await shop.buy(web, 1)
    bodies = await shop.pay([page])
    waiting = [Connection(web.port) for _ in range(crowd)]
    for first in range(0, crowd, AT_ONCE):
        arriving = waiting[first : first + AT_ONCE]
        await asyncio.gather(*(connection.__aenter__() for connection in arriving))
        for connection in arriving:
            connection.send("GET", page.url, headers=page.waiting())
    await until_held(web, crowd)
    answers = [asyncio.create_task(connection.receive()) for connection in waiting]
    used = web.seconds
    async with Connection(web.port) as stripe:
        await deliver(stripe, bodies[page.session_id])
    answered = time.perf_counter()
    last = max([(await answer).at for answer in answers])
    used = web.seconds - used
    for connection in waiting:
        await connection.__aexit__()
    return crowd / (last - answered), used / crowd


async def until_held(web: Web, number: int) -> None:
    while await web.held() < number:
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    main()
