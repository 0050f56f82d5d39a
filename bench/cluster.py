"""
Measure one, two and three web processes behind nginx and PgBouncer: ``python -m bench.cluster``.

They run with the files of ``deploy/`` and a standby, which each commit waits for.
"""

import asyncio
import logging
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.support.client import Connection, in_parallel, rate
from bench.support.report import Bars, Cell, Table, tell
from bench.support.shop import KEY, SECRET, Page, Shop, Web, deliver, fill, run
from bench.support.usage import PARTS, disk, memory, open_files, processor_seconds
from config.dev.process_group import Processes
from tests.cluster.configuration import missing_packages
from tests.cluster.stack import Cluster, running_cluster

WEBS = 3
PAYMENTS = 80  # per round, of two tickets each
CLIENTS = 12  # concurrent deliveries
ROUNDS = 2
SECONDS = 1.5  # of status requests
HELD = 2_000  # waiting pages
# How a commit may be answered: synchronous_commit, and the standbys that it waits for.
COMMITS = {
    "the standby has it on its disk (on)": ("on", "FIRST 1 (admit_standby)"),
    "the standby shows it (remote_apply)": ("remote_apply", "FIRST 1 (admit_standby)"),
    "only this disk has it (asynchronous)": ("on", ""),
    "no disk has it yet (off)": ("off", ""),
}


def main() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if missing := missing_packages():
        raise SystemExit(f"Please install {', '.join(missing)}.")
    folder = Path(tempfile.mkdtemp(prefix="admit-bench-"))
    settings = {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_WRITES_PER_SECOND": "1000",
        "EMAIL_URL": "memorymail://",
    }
    try:
        # Without a worker: its reconciler would read the events before they are delivered.
        with running_cluster(
            folder, webs=WEBS, workers=0, prepare=prepare, stripe=silent_stripe, settings=settings
        ) as cluster:
            run(Measurement(cluster).measure)
    finally:
        shutil.rmtree(folder)


def prepare(env: dict[str, str]) -> None:
    os.environ.update(env)
    fill(rows=10)


def silent_stripe(port: int, site: str, folder: Path) -> list[str]:
    """Return the command of a sandbox that delivers nothing by itself."""
    state = ["--state", str(folder / "sandbox.sqlite3"), "--key", KEY]
    return ["sandbox", "--port", str(port), *state, "--rate-limit", "0"]


class Measurement:
    """Confirmations and status requests at nginx."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.shop = Shop(cluster.postgres.url, Processes({}))
        self.shop.stripe_port = cluster.ports.stripe

    async def measure(self) -> None:
        await self.confirm()  # Warm up: threads and connections exist now.
        scale, bars = await self.scale()
        tell("cluster", scale, await self.cost(), await self.hold(), await self.commits(), bars=bars)

    async def scale(self) -> tuple[Table, Bars]:
        """Measure one, two and three web processes in turn."""
        numbers = range(1, WEBS + 1)
        rounds = [[await self.with_webs(number) for number in numbers] for _ in range(ROUNDS)]
        rows: list[list[Cell]] = []
        for number in numbers:
            row: list[Cell] = [number]
            for what in (0, 1):
                row.append(median(one[number - 1][what] for one in rounds))
                row.append(median(one[number - 1][what] / one[0][what] for one in rounds))
            rows.append(row)
        title = "Through nginx and PgBouncer, with a synchronous standby"
        columns = ("web processes", "confirmations/s", "of one", "status/s", "of one")
        values = [(f"{row[0]} web", float(row[2] or 0)) for row in rows]
        bars = Bars(title="Confirmations, of what one web process does", values=values)
        return Table(columns=columns, rows=rows, title=title), bars

    async def with_webs(self, number: int) -> tuple[float, float]:
        """Return the confirmations and the status requests per second of so many web processes."""
        conf = self.cluster.folder / "nginx" / "admit-upstream.conf"
        text = conf.read_text().replace(" down ", " ")
        for port in self.cluster.ports.webs[number:]:
            text = text.replace(f":{port} ", f":{port} down ")
        conf.write_text(text)
        self.cluster.supervisor.signal("nginx", signal.SIGHUP)
        await asyncio.sleep(1)  # until its new workers have taken over
        return await self.confirm(), await self.status(await self.page())

    async def cost(self) -> Table:
        """Measure the processor time of each part, and what a purchase writes."""
        before, pages, answered = disk(self.cluster), list[Page](), list[float]()

        async def buy() -> None:
            pages.extend(await self.buy(PAYMENTS))

        async def ask() -> None:
            answered.append(SECONDS * await self.status(pages[0]))

        bought = await self.spend(buy)
        bodies = await self.bodies(pages)
        confirmed = await self.spend(lambda: self.deliver(bodies))
        written = disk(self.cluster).since(before)
        asked = await self.spend(ask)
        rows: list[list[Cell]] = [
            [what, *(1000 * used[part] / count for part in PARTS)]
            for what, used, count in (
                ("a checkout, and its status once", bought, PAYMENTS),
                ("a confirmation", confirmed, PAYMENTS),
                ("a status request", asked, answered[0]),
            )
        ]
        kilobytes = (
            f"{written.wal / PAYMENTS / 1000:.0f} kB of WAL, {written.kept / PAYMENTS / 1000:.0f} kB kept"
        )
        title = f"Processor time, ms. A purchase writes {kilobytes}"
        return Table(columns=("", *PARTS), rows=rows, title=title)

    async def spend(self, action: Callable[[], Awaitable[object]]) -> dict[str, float]:
        """Return the processor time (s) of each part during ``action``."""
        before = processor_seconds(self.cluster)
        await action()
        after = processor_seconds(self.cluster)
        return {part: after[part] - before[part] for part in PARTS}

    async def hold(self) -> Table:
        """Measure what waiting pages need."""
        page = await self.page()
        await self.status(page)
        before = memory(self.cluster), open_files(self.cluster)
        async with AsyncExitStack() as stack:
            for number in range(HELD):
                source = f"127.3.{number >> 8}.{number & 255}"
                waiting = await stack.enter_async_context(Connection(self.cluster.ports.site, source))
                waiting.send("GET", page.url, headers=page.waiting())
            await asyncio.sleep(3)
            after = memory(self.cluster), open_files(self.cluster)
        rows = [
            (part, *((late[part] - early[part]) / HELD for early, late in zip(before, after, strict=True)))
            for part in ("web", "nginx")
        ]
        columns = ("", "bytes a page", "open files a page")
        return Table(columns=columns, rows=rows, title=f"{HELD:,} waiting pages, without TLS")

    async def commits(self) -> Table:
        """Measure what it costs to wait for the standby."""
        rounds = [[await self.with_commit(*how) for how in COMMITS.values()] for _ in range(ROUNDS)]
        rows = [
            (name, median(one[number] for one in rounds), median(one[number] / one[0] for one in rounds))
            for number, name in enumerate(COMMITS)
        ]
        return Table(columns=("a commit is answered once", "confirmations/s", "of the first"), rows=rows)

    async def with_commit(self, commit: str, standbys: str) -> float:
        with psycopg.connect(self.cluster.postgres.url, autocommit=True) as connection:
            for name, value in (("synchronous_commit", commit), ("synchronous_standby_names", standbys)):
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(0.5)
        return await self.confirm()

    async def confirm(self) -> float:
        """Return the payments confirmed per second."""
        bodies = await self.bodies(await self.buy(PAYMENTS))
        began = time.perf_counter()
        await self.deliver(bodies)
        return PAYMENTS / (time.perf_counter() - began)

    async def status(self, page: Page) -> float:
        """Return the status requests answered per second."""
        return await rate(self.cluster.ports.site, page.url, seconds=SECONDS)

    async def page(self) -> Page:
        (page,) = await self.buy(1)
        return page

    async def buy(self, number: int) -> list[Page]:
        # Not through nginx, which would take all customers for one.
        return await self.shop.buy(Web(self.cluster.ports.webs[0], 0), number)

    async def bodies(self, pages: list[Page]) -> list[bytes]:
        """Pay for ``pages``, and return the events that are to be delivered."""
        return list((await self.shop.pay(pages)).values())

    async def deliver(self, bodies: list[bytes]) -> None:
        await in_parallel(self.cluster.ports.site, CLIENTS, [delivery(body) for body in bodies])


def delivery(body: bytes) -> Callable[[Connection], Coroutine[Any, Any, None]]:
    return lambda connection: deliver(connection, body)


if __name__ == "__main__":
    main()
