"""Measure what the costliest allowed request of each address takes: ``python -m bench.attacks.cost``."""

import os
import sys

os.environ.setdefault("STAFF_SECOND_FACTOR", "optional")

import psycopg

from bench.attacks.requests import Request, Shop, requests
from bench.support import shop as running
from bench.support.client import Connection
from bench.support.report import Table, tell
from tests.support.sandbox import encode

ROWS = 4  # of 500 seats: a large theatre
TIMES = 4  # so that the clock's steps of 10 ms are steps of 2.5 ms
GOAL = 50  # ms
NAMES = "SELECT code FROM bookings_ticket ORDER BY id LIMIT 1"


def main() -> None:
    with running.open_shop(rows=ROWS) as shop:
        cookies = sign_in()
        web = shop.open("web")
        rows = running.run(lambda: measure_all(shop, web, cookies))
    rows.sort(key=lambda row: -row[3])
    over = [row[0] for row in rows if row[3] > GOAL]
    note = f"{len(rows)} addresses; {len(over)} above {GOAL} ms" + (f": {', '.join(over)}." if over else ".")
    columns = ("address", "costliest request", "answer", "processor (ms)")
    tell("cost", Table(columns=columns, rows=rows), note=note)


async def measure_all(
    shop: running.Shop, web: running.Web, cookies: tuple[str, str]
) -> list[tuple[str, str, int, float]]:
    """Return each address with its costliest request, the answer's status, and what it took (ms)."""
    async with web.connect() as connection:
        known = await furnish(shop, connection, cookies)
    rows = []
    for address, costly in requests(known):
        costs = [(await measure(web, request), request) for request in costly]
        (milliseconds, status), request = max(costs, key=lambda cost: cost[0])
        rows.append((_nameless(address, known), request.what, status, milliseconds))
        print(f"{milliseconds:5.0f} ms {rows[-1][0]} ({request.what})", file=sys.stderr, flush=True)
    return rows


async def furnish(shop: running.Shop, connection: Connection, cookies: tuple[str, str]) -> Shop:
    """Buy 20 seats."""
    seats = [f"A-{number}" for number in range(1, 21)]
    order = {"event": "bench", "seats": seats, "name": "Nguyễn Thị Ánh", "email": "ada@example.com"}
    kind = {"Content-Type": "application/json"}
    bought = (await connection.ask("POST", "/api/checkout", encode(order), kind)).json()
    page = running.Page(bought["session_id"], "")
    events = await shop.pay([page])
    await running.deliver(connection, events[page.session_id])
    layout = (await connection.ask("GET", "/api/events/bench/seats")).json()["layout"]
    with psycopg.connect(shop.database_url) as database:
        ((ticket,),) = database.execute(NAMES).fetchall()
        ((payment,),) = database.execute("SELECT id FROM payments_payment").fetchall()
    return Shop("bench", layout, bought["booking"], ticket, page.session_id, *cookies, payment)


def sign_in() -> tuple[str, str]:
    """Return the session cookies of a customer and of an administrator."""
    from django.contrib.auth.models import User
    from django.test import Client

    cookies = []
    customer = User.objects.create_user("ada", "ada@example.com")
    boss = User.objects.create_superuser("boss", "boss@example.com", "x")
    for user, backend in ((customer, "MailedCodeBackend"), (boss, "StaffBackend")):
        client = Client()
        client.force_login(user, f"customers.backends.{backend}")
        cookies.append(client.cookies["sessionid"].value)
    running.disconnect()
    return cookies[0], cookies[1]


async def measure(web: running.Web, request: Request) -> tuple[float, int]:
    """Return the processor time (ms) of a request, and what it was answered with."""
    await _ask(web, request)  # What is cached is cached from now on.
    before = web.seconds
    statuses = [await _ask(web, request) for _ in range(TIMES)]
    return 1000 * (web.seconds - before) / TIMES, statuses[-1]


async def _ask(web: running.Web, request: Request) -> int:
    async with web.connect() as connection:
        return (await connection.ask(request.method, request.path, request.body, request.headers)).status


def _nameless(address: str, known: Shop) -> str:
    for name in ("booking", "ticket", "session_id"):
        address = address.replace(getattr(known, name), f"<{name}>")
    return address


if __name__ == "__main__":
    main()
