"""
Measure the door of an event with 100,000 tickets: ``python -m bench.door``.

How many scans a second one web process takes, beside psycopg alone, which writes the same rows; how fifty
devices are answered that scan once a second while each waits for changes of the list; and the list itself.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median, quantiles

from bench.door.bare import bare_rate
from bench.door.house import Guest, House, open_house
from bench.support.client import Connection
from bench.support.report import Bars, Cell, Table, tell
from bench.support.shop import Shop, Web, disconnect, open_shop, run

LARGE, SMALL = 100_000, 5_000  # tickets
DEVICES = 50
BUSY = 6  # devices that scan without a pause: so many still get an answer within 50 ms
SCANS = 300  # a round
ROUNDS = 3
SECONDS = 20  # of one scan a second from each device
SETTLE = 10  # s, until all devices wait
WARM = 100  # scans before the first round
GUESTS = WARM + 2 * SCANS * ROUNDS + DEVICES * SECONDS
GOAL = 150  # scans a second


def main() -> None:
    with open_shop(rows=1) as shop:
        small, large = open_house(SMALL, devices=1), open_house(LARGE, devices=DEVICES, guests=GUESTS)
        disconnect()
        run(lambda: measure(shop, small, large))


async def measure(shop: Shop, small: House, large: House) -> None:
    web = shop.open("web")
    lists = [await read_list(web, house) for house in (small, large)]
    guests = iter(large.guests)
    await scan_busily(web, large, list(islice(guests, WARM)))  # To warm up.
    scans = [await one_round(shop, web, large, guests) for _ in range(ROUNDS)]
    rate, bare, cost, half, most = (median(column) for column in zip(*scans, strict=True))
    evening = await scan_steadily(web, large, guests)
    tell(
        "door",
        Table(
            title=f"{BUSY} devices that scan without a pause",
            columns=["scans/s", "bare psycopg/s", "ratio", "CPU time each (ms)", "median (ms)", "95 % (ms)"],
            rows=[[rate, bare, rate / bare, cost, half, most]],
        ),
        Table(
            title=f"{DEVICES} devices, a scan a second each, that wait for the list meanwhile",
            columns=["scans/s", "median (ms)", "95 % (ms)", "lists/s", "kB each", "processor (%)"],
            rows=[evening],
        ),
        Table(
            title="The whole list",
            columns=["tickets", "kB", "kB compressed", "ms", "CPU time (ms)", "changes since: kB", "ms"],
            rows=lists,
        ),
        bars=Bars(
            title="Scans a second in one web process", values=[("Admit", rate), ("psycopg", bare)], goal=GOAL
        ),
    )


async def one_round(shop: Shop, web: Web, house: House, guests: Iterator[Guest]) -> tuple[float, ...]:
    """Return the scans a second, those of psycopg, the CPU time of each, the median and 95 % (ms)."""
    theirs, ours = [list(islice(guests, SCANS)) for _ in range(2)]
    bare = await asyncio.to_thread(bare_rate, shop.database_url, house, theirs)
    used, began = web.seconds, time.perf_counter()
    took = await scan_busily(web, house, ours)
    seconds = time.perf_counter() - began
    return SCANS / seconds, bare, 1000 * (web.seconds - used) / SCANS, median(took), _most(took)


async def scan_busily(web: Web, house: House, guests: list[Guest]) -> list[float]:
    """Scan all ``guests``; return how long each took, in ms."""
    took: list[float] = []

    async def work(device: int) -> None:
        async with web.connect() as connection:
            while guests:
                took.append(await _timed(house, connection, device, guests.pop()))

    await asyncio.gather(*(work(device) for device in range(BUSY)))
    return took


async def scan_steadily(web: Web, house: House, guests: Iterator[Guest]) -> list[Cell]:
    """Have every device scan once a second, and wait for changes; return the table's row."""
    took: list[float] = []
    sizes: list[int] = []

    async def scan(device: int) -> None:
        await asyncio.sleep(device / DEVICES)
        async with web.connect() as connection:
            for second in range(SECONDS):
                due = began + device / DEVICES + second
                await asyncio.sleep(max(0, due - time.perf_counter()))
                took.append(await _timed(house, connection, device, next(guests)))

    async def wait(device: int, version: str) -> None:
        etag = '""'
        async with web.connect() as connection:
            while True:
                headers = {**house.cookies[device], "If-None-Match": etag, "Prefer": "wait=25"}
                path = f"{house.list_path}?since={version}"
                answer = await connection.ask("GET", path, headers=headers)
                if answer.status == 200:
                    version, etag = answer.json()["version"], answer.etag
                    sizes.append(len(answer.body))

    async with web.connect() as connection:
        known = (await connection.ask("GET", house.list_path, headers=house.cookies[0])).json()
    waiting = [asyncio.create_task(wait(device, known["version"])) for device in range(DEVICES)]
    await asyncio.sleep(SETTLE)
    sizes.clear()
    used, began = web.seconds, time.perf_counter()
    await asyncio.gather(*(scan(device) for device in range(DEVICES)))
    seconds, busy = time.perf_counter() - began, web.seconds - used
    for task in waiting:
        task.cancel()
    size = sum(sizes) / len(sizes) / 1000 if sizes else None
    return [len(took) / seconds, median(took), _most(took), len(sizes) / seconds, size, 100 * busy / seconds]


async def _timed(house: House, connection: Connection, device: int, guest: Guest) -> float:
    began = time.perf_counter()
    return 1000 * ((await house.scan(connection, device, guest)).at - began)


async def read_list(web: Web, house: House) -> list[Cell]:
    """Read the list of ``house`` whole, compressed, and what has changed since; return the table's row."""
    cookie = house.cookies[0]
    async with web.connect() as connection:
        plain = await connection.ask("GET", house.list_path, headers=cookie)
        body = plain.json()
        assert len(body["tickets"]) == house.tickets
        used, began = web.seconds, time.perf_counter()
        packed = await connection.ask("GET", house.list_path, headers={**cookie, "Accept-Encoding": "br"})
        took, busy = time.perf_counter() - began, web.seconds - used
        began = time.perf_counter()
        since = await connection.ask("GET", f"{house.list_path}?since={body['version']}", headers=cookie)
        again = time.perf_counter() - began
    sizes = [len(answer.body) / 1000 for answer in (plain, packed)]
    return [house.tickets, *sizes, 1000 * took, 1000 * busy, len(since.body) / 1000, 1000 * again]


def _most(took: list[float]) -> float:
    return quantiles(took, n=20)[-1]


if __name__ == "__main__":
    main()
