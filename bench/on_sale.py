"""
Measure the first minutes of a sale, up to Stripe's limit: ``python -m bench.on_sale``.

5,000 customers want 1,000 seats within ten seconds. Stripe takes 100 requests a second and 300 ms for each.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.support.client import Answer, Connection
from bench.support.sale import CUSTOMERS, ROWS, SEATS, Seen, report
from bench.support.shop import KEY, Page, Shop, Web, deliver, open_shop, run
from config.dev.process_group import Processes, answers, web
from tests.support.ports import free_port

WITHIN = 10.0  # s
LIMIT = 100  # of Stripe's: writes per second
EVENTS = 200  # of Stripe's, about payments that were begun before the sale
PAGES = 5  # event pages and status pages per second, each
LATE = ("sold_out", "seats_taken")


def main() -> None:
    with open_shop(rows=2) as shop:
        add_sale()
        run(lambda: measure(shop))


def add_sale() -> None:
    """Add the event whose sale begins, in this process."""
    from django.db import connections

    from bookings.models import Event
    from bookings.seats.layout import add_rows

    event = Event.objects.get(slug="bench")
    event.pk, event.slug = None, "sale"
    event._state.adding = True
    event.save()
    rows = [chr(65 + row) for row in range(ROWS)]
    add_rows(event, rows=rows, numbers=range(1, SEATS + 1), price=4200)
    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


async def measure(shop: Shop) -> None:
    before = shop.open("before")
    pages = await shop.buy(before, EVENTS)
    bodies = list((await shop.pay(pages)).values())
    template = await session_of(shop, pages[0])
    shop.processes.stop("before")
    with open_for_sale(shop, template) as (webs, stripe):
        await warm_up(webs)
        used = cpu_seconds(webs, stripe.pid, shop.database_url)
        began = time.perf_counter()
        seen = await sell(shop, webs, bodies, pages)
        seconds = time.perf_counter() - began
        later = cpu_seconds(webs, stripe.pid, shop.database_url)
        cpu = {name: (later[name] - used[name]) for name in later}
        async with stripe.connect() as connection:
            asked = (await connection.ask("GET", "/seen")).json()
    report(seen, cpu, seconds, asked, shop)


async def session_of(shop: Shop, page: Page) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with Connection(shop.stripe_port) as stripe:
        answer = await stripe.ask("GET", f"/v1/checkout/sessions/{page.session_id}", headers=headers)
    return {**answer.json(), "status": "open", "payment_status": "unpaid", "payment_intent": None}


@contextmanager
def open_for_sale(shop: Shop, template: dict[str, Any]) -> Iterator[tuple[list[Web], Web]]:
    """Run the stand-in for Stripe and two web processes that ask it."""
    stripe, ports = free_port(), [free_port(), free_port()]
    env = {"STRIPE_API_BASE": f"http://127.0.0.1:{stripe}", "STRIPE_WRITES_PER_SECOND": str(LIMIT)}
    with tempfile.TemporaryDirectory() as folder, Processes(env, logs=Path(folder)) as processes:
        file = Path(folder) / "session.json"
        file.write_text(json.dumps(template))
        options = ["--port", str(stripe), "--session", str(file), "--limit", str(LIMIT)]
        stand_in = processes.start("stripe", "bench.support.slow_stripe", *options)
        started = [processes.start(f"web-{port}", *web(port)) for port in ports]
        processes.wait_until(lambda: all(map(answers, [stripe, *ports])), seconds=30)
        webs = [Web(port, process.pid) for port, process in zip(ports, started, strict=True)]
        yield webs, Web(stripe, stand_in.pid)
        for port in ports:
            log = (Path(folder) / f"web-{port}.log").read_text()
            print("\n".join(log.splitlines()[:20])) if "Traceback" in log else None


async def warm_up(webs: Sequence[Web]) -> None:
    """Let threads and connections exist before the sale."""

    async def use(server: Web) -> None:
        async with server.connect() as connection:
            for number in range(3):
                await buy(connection, {"event": "bench", "quantity": 1}, number)
                await connection.ask("GET", "/events/sale/")

    await asyncio.gather(*(use(server) for server in webs for _ in range(16)))


_addresses = count()


async def buy(connection: Connection, wanted: dict[str, Any], number: int) -> Answer:
    order = {**wanted, "name": "Ada Lovelace", "email": f"ada{number}@example.com"}
    # Each customer needs an IP address of their own, or the limits would count them as one.
    address = next(_addresses)
    forwarded = f"10.{address >> 16}.{address >> 8 & 255}.{address & 255}"
    headers = {"Content-Type": "application/json", "X-Forwarded-For": forwarded}
    return await connection.ask("POST", "/api/checkout", json.dumps(order).encode(), headers)


async def sell(shop: Shop, webs: Sequence[Web], bodies: Sequence[bytes], pages: Sequence[Page]) -> Seen:
    """Let all customers come, half of them for seats of their choice, half for the best."""
    seen, began, chance = Seen(), time.perf_counter(), random.Random(1)
    labels = [f"{chr(65 + row)}-{seat}" for row in range(ROWS) for seat in range(1, SEATS + 1)]

    async def customer(number: int) -> None:
        wanted = {"quantity": 1} if number % 2 else {"seats": [chance.choice(labels)]}
        await asyncio.sleep(number * WITHIN / CUSTOMERS)
        came = time.perf_counter()
        async with Connection(webs[number // 2 % 2].port) as connection:
            answer = await buy(connection, {"event": "sale", **wanted}, number)
        note_answer(seen, answer, came - began)

    def note_answer(seen: Seen, answer: Answer, came: float) -> None:
        took = answer.at - began - came
        if answer.status == 201:
            seen.opened.append(answer.at - began)
            seen.waited.append(took)
            return
        code = json.loads(answer.body)["error"]["code"] if answer.body else ""
        if code in LATE:
            seen.late.append(took)
        else:
            seen.others[f"{answer.status} {code}"] += 1

    background = [
        asyncio.create_task(look(seen, webs, "event", lambda _: "/events/sale/")),
        asyncio.create_task(look(seen, webs, "status", lambda turn: pages[turn % len(pages)].url)),
        asyncio.create_task(bring(seen, webs, bodies)),
        asyncio.create_task(count_resources(seen, shop, webs)),
    ]
    await asyncio.gather(*(customer(number) for number in range(CUSTOMERS)))
    for task in background:
        task.cancel()
    return seen


async def look(seen: Seen, webs: Sequence[Web], what: str, path: Callable[[int], str]) -> None:
    """Open a page again and again."""
    for turn in count():
        began = time.perf_counter()
        async with webs[turn % 2].connect() as connection:
            answer = await connection.ask("GET", path(turn))
        assert answer.status == 200, answer
        seen.pages[what].append(answer.at - began)
        await asyncio.sleep(max(0, began + 1 / PAGES - time.perf_counter()))


async def bring(seen: Seen, webs: Sequence[Web], bodies: Sequence[bytes]) -> None:
    """Deliver Stripe's events."""
    for turn, body in enumerate(bodies):
        began = time.perf_counter()
        async with webs[turn % 2].connect() as connection:
            await deliver(connection, body)
        seen.pages["webhook"].append(time.perf_counter() - began)
        await asyncio.sleep(max(0, began + WITHIN / EVENTS - time.perf_counter()))


async def count_resources(seen: Seen, shop: Shop, webs: Sequence[Web]) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with await psycopg.AsyncConnection.connect(shop.database_url, autocommit=True) as connection:
        while True:
            row = await (await connection.execute(query)).fetchone()
            seen.backends.add(row[0] if row else 0)
            seen.threads.add(max(server.threads for server in webs))
            seen.most_held = max(seen.most_held, await suspended(webs))
            await asyncio.sleep(0.5)


async def suspended(webs: Sequence[Web]) -> int:
    total = 0.0
    for server in webs:
        async with server.connect() as connection:
            text = (await connection.ask("GET", "/metrics")).body.decode()
        total += sum(
            float(line.split()[1])
            for line in text.splitlines()
            if line.startswith("admit_suspended_requests ")
        )
    return int(total)


def cpu_seconds(webs: Sequence[Web], stripe: int, database_url: str) -> dict[str, float]:
    """Return the CPU time that all who take part have used, in s."""
    with psycopg.connect(database_url) as connection:
        server = psutil.Process(connection.info.backend_pid).parent()
        times = [process.cpu_times() for process in server.children()] if server else []
    return {
        "two web processes": sum(server.seconds for server in webs),
        "PostgreSQL": sum(one.user + one.system for one in times),
        "Stripe's stand-in": Web(0, stripe).seconds,
        "the customers": time.process_time(),
    }


if __name__ == "__main__":
    main()
