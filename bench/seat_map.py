"""Measure how changes on a map of 2,000 seats reach its viewers: ``python -m bench.seat_map``."""

import asyncio
import time
from statistics import median, quantiles

import psycopg

from bench.support.client import Answer, Connection, rate
from bench.support.shop import Shop, Web, open_shop, run
from tests.support.sandbox import encode

ROWS = 4  # of 500 seats
SEATS = "/api/events/bench/seats"
TAKEN = 60  # seats, one after the other
CROWDS = (100, 1_000)  # viewers
CHANGES = 100  # per second
SECONDS = 5
# Take half of the seats in an irregular pattern, so that their states can't be compressed too well.
FILL = """
    INSERT INTO bookings_booking
           (reference, event_id, name, email, language, status, created_at, held_until, mailings)
    SELECT 'bench', id, 'Ada', 'ada@example.com', 'en-gb', 'held', now(), now() + interval '1 hour', 1
      FROM bookings_event;
    UPDATE bookings_seat SET booking_id = (SELECT id FROM bookings_booking WHERE reference = 'bench')
     WHERE hashint8(id) % 2 = 0
"""
TOGGLE = """
    UPDATE bookings_seat
       SET booking_id = CASE WHEN booking_id IS NULL THEN booking.id END
      FROM bookings_booking AS booking
     WHERE booking.reference = 'bench' AND label = %s
"""


def main() -> None:
    with open_shop(rows=ROWS) as shop:
        with psycopg.connect(shop.database_url) as connection:
            connection.execute(FILL)
        run(lambda: measure(shop))


async def measure(shop: Shop) -> None:
    web = shop.open("web")
    async with web.connect() as connection:
        whole = await connection.ask("GET", SEATS)
    plain = await rate(web.port, SEATS, headers={"If-None-Match": whole.etag}, seconds=4)
    print(f"requests without sharing                   {plain:8.0f}/s")
    print(f"all states                                 {len(whole.body):8} bytes")
    print(f"their ETag                                 {len(whole.etag):8} bytes")
    delays, change = await take_one_by_one(shop, web)
    print(f"a change of one seat                       {len(change.body):8} bytes, without the ETag")
    print("from a checkout to another client's map      median       95 %")
    for what, values in (
        ("from its arrival", [whole for whole, _ in delays]),
        ("from its answer", [after for _, after in delays]),
    ):
        print(f"  {what:38}{median(values):9.1f} ms{quantiles(values, n=20)[-1]:8.1f} ms")
    for crowd in CROWDS:
        await rush(shop, web, crowd)


async def take_one_by_one(shop: Shop, web: Web) -> tuple[list[tuple[float, float]], Answer]:
    """
    Buy seats one after the other while one client watches the map.

    Return the ms from the arrival and from the answer of each checkout to the map's update, and the last
    update.
    """
    delays = []
    async with web.connect() as looker, web.connect() as buyer:
        latest = await looker.ask("GET", SEATS)
        free = latest.json()["free"]
        for number in range(TAKEN):
            looker.send("GET", SEATS, headers=waiting(latest.etag))
            await asyncio.sleep(0.3)  # Longer than waiting.hub.MIN_INTERVAL, so that no update is delayed.
            email = f"ada{number}@example.com"
            order = {"event": "bench", "seats": [free[number]], "name": "Ada", "email": email}
            headers = {"Content-Type": "application/json", "X-Forwarded-For": f"10.0.0.{number}"}
            answer = asyncio.create_task(looker.receive())
            arrived = time.perf_counter()
            bought = await buyer.ask("POST", "/api/checkout", encode(order), headers)
            bought.json()
            latest = await answer
            assert latest.json()["held"] == [free[number]], latest.body
            delays.append((1000 * (latest.at - arrived), 1000 * (latest.at - bought.at)))
    return delays, latest


async def rush(shop: Shop, web: Web, crowd: int) -> None:
    """Let ``crowd`` clients watch the map while seats change, and another one load other pages."""
    async with web.connect() as connection:
        tag = (await connection.ask("GET", SEATS)).etag
    connections = [web.connect() for _ in range(crowd)]
    await asyncio.gather(*(connection.__aenter__() for connection in connections))
    used, shared = web.seconds, await count_shared(web)
    began = time.perf_counter()
    end = began + SECONDS
    lookers = [asyncio.create_task(look(connection, tag, end)) for connection in connections]
    others = asyncio.create_task(ask_for_something_else(web, end))
    changes = await change_seats(shop, end)
    answers = sum(await asyncio.gather(*lookers))
    delays = await others
    lasted = time.perf_counter() - began
    shared = await count_shared(web) - shared
    print(f"\n{crowd} viewers, {changes / lasted:.0f} changes per second")
    print(f"  answers to each viewer                   {answers / crowd / lasted:8.1f}/s")
    print(f"  answers in total                         {answers / lasted:8.0f}/s")
    print(f"  shared answers                           {shared / lasted:8.0f}/s")
    print(f"  CPU                                      {(web.seconds - used) / lasted:8.0%}")
    print(f"  another page meanwhile                   {median(delays):8.1f} ms median")
    print(f"                                           {quantiles(delays, n=20)[-1]:8.1f} ms at 95 %")
    for connection in connections:
        await connection.__aexit__()


async def look(connection: Connection, tag: str, end: float) -> int:
    answers = 0
    while time.perf_counter() < end:
        tag = (await connection.ask("GET", SEATS, headers=waiting(tag))).etag
        answers += 1
    return answers


async def ask_for_something_else(web: Web, end: float) -> list[float]:
    """Load another page until ``end``; return the ms of each request."""
    delays = []
    async with web.connect() as connection:
        while time.perf_counter() < end:
            asked = time.perf_counter()
            await connection.ask("GET", "/")
            delays.append(1000 * (time.perf_counter() - asked))
            await asyncio.sleep(0.05)
    return delays


async def change_seats(shop: Shop, end: float) -> int:
    changes = 0
    async with await psycopg.AsyncConnection.connect(shop.database_url, autocommit=True) as connection:
        while time.perf_counter() < end:
            await connection.execute(TOGGLE, [f"A-{1 + changes % 500}"])
            await connection.execute("SELECT pg_notify('admit', 'event:bench')")
            changes += 1
            await asyncio.sleep(1 / CHANGES)
        await connection.execute("SELECT pg_notify('admit', 'event:bench')")
    return changes


async def count_shared(web: Web) -> int:
    async with web.connect() as connection:
        lines = (await connection.ask("GET", "/metrics")).body.decode().splitlines()
    [shared] = [line.split()[1] for line in lines if line.startswith("admit_shared_answers_total ")]
    return int(float(shared))


def waiting(tag: str) -> dict[str, str]:
    return {"If-None-Match": tag, "Prefer": "wait=25"}


if __name__ == "__main__":
    main()
