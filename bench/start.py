"""
Measure what a start costs, the memory of the processes, and the size of a server's packages.

``python -m bench.start [FOLDER]``: with the FOLDER of another version, its processes are measured too.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import chdir
from importlib.metadata import distribution
from pathlib import Path
from statistics import median

import psycopg

from bench.support.client import Answer, rate
from bench.support.report import Cell, Table, tell
from bench.support.shop import Shop, Web, deliver, open_shop, run
from config.dev.process_group import WORKER

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
LARGEST = 12  # packages that are named
MB = 1_000_000
SECONDS = 3  # of status requests, by many clients at once
PATIENCE = 60  # s
STARTED = "SELECT 1 FROM procrastinate_workers"
MAILED = "SELECT 1 FROM bookings_booking WHERE mailed_at IS NOT NULL AND reference = %s"

Figures = dict[str, float]  # by what was done: s until the first answer, or the MB of memory after it


def main() -> None:
    folders = [ROOT, *(Path(name).resolve() for name in sys.argv[1:] if not name.startswith("-"))]
    rounds: dict[Path, list[Figures]] = {folder: [] for folder in folders}
    with open_shop(rows=1) as shop:
        for folder in folders * (1 + ROUNDS):
            with chdir(folder):  # Python finds the modules of a new process there.
                rounds[folder].append(run(lambda: measure(shop)))
    ours, *others = [medians(some[1:]) for some in rounds.values()]  # The first compiles the modules.
    tell("start", times_and_memory(ours, others), sizes())


async def measure(shop: Shop) -> Figures:
    figures: Figures = {}
    worker = await start_worker(shop, figures)
    began = time.perf_counter()
    web = shop.open("web")
    await ask(web, "/healthz")
    figures |= start_of("web", web, began)
    await use(shop, web, worker, figures)
    for name in ("web", "worker"):
        shop.processes.stop(name)
    return figures


async def start_worker(shop: Shop, figures: Figures) -> Web:
    with psycopg.connect(shop.database_url, autocommit=True) as database:
        database.execute("DELETE FROM procrastinate_workers")
    began = time.perf_counter()
    worker = Web(0, shop.processes.start("worker", *WORKER).pid)
    await until(shop, STARTED)
    figures |= start_of("worker", worker, began)
    return worker


def start_of(name: str, process: Web, began: float) -> Figures:
    return {
        f"{name}: seconds until it is ready": time.perf_counter() - began,
        f"{name}: processor seconds of that": process.seconds,
        f"{name}: MB after the start": process.memory / MB,
    }


async def use(shop: Shop, web: Web, worker: Web, figures: Figures) -> None:
    """Ask for one thing after the other, and note the memory after each."""

    def note(what: str, process: Web = web) -> None:
        figures[f"… {what}"] = process.memory / MB

    await ask(web, "/events/bench/")
    note("an event's page")
    [page] = await shop.buy(web, 1)
    note("a checkout and its status")
    events = await shop.pay([page])
    async with web.connect() as stripe:
        await deliver(stripe, events[page.session_id])
    note("a webhook")
    await ask(web, "/admin/login/")
    note("the admin")
    await rate(web.port, page.url, seconds=SECONDS)
    note(f"{SECONDS} s of status requests")
    state = (await ask(web, page.url)).json()
    await ask(web, f"{state['tickets'][0]['url']}ticket.pdf")
    note("a PDF")
    await until(shop, MAILED, state["booking"]["reference"])
    note("worker: MB after a mail", worker)


async def ask(web: Web, path: str) -> Answer:
    async with web.connect() as connection:
        answer = await connection.ask("GET", path)
    assert answer.status == 200, (path, answer)
    return answer


async def until(shop: Shop, query: str, *values: str) -> None:
    """Wait until ``query`` has a row."""
    end = time.perf_counter() + PATIENCE
    with psycopg.connect(shop.database_url, autocommit=True) as database:
        while not database.execute(query, values).fetchone():
            assert time.perf_counter() < end, query
            await asyncio.sleep(0.01)


def medians(rounds: list[Figures]) -> Figures:
    return {what: median(figures[what] for figures in rounds) for what in rounds[0]}


def times_and_memory(ours: Figures, others: list[Figures]) -> Table:
    rows: list[list[Cell]] = []
    for what, value in ours.items():
        compared = [(other[what], value / other[what]) for other in others]
        rows.append([what, value, *(cell for pair in compared for cell in pair)])
    columns = ["", "now", *["before", "ratio"] * len(others)]
    return Table(title="Start and memory", columns=columns, rows=rows)


def sizes() -> Table:
    """Return the size on disk of each package of ``requirements.txt``, compiled modules included."""
    found = sorted(((size(name), name) for name in pinned()), reverse=True)
    rest = [size for size, _name in found[LARGEST:]]
    rows: list[list[Cell]] = [[name, size / MB] for size, name in found[:LARGEST]]
    rows += [[f"{len(rest)} others", sum(rest) / MB], ["together", sum(size for size, _name in found) / MB]]
    return Table(title="What a server installs", columns=["package", "MB"], rows=rows)


def pinned() -> Iterator[str]:
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if "==" in line and "win32" not in line:
            yield line.partition("==")[0].partition("[")[0]


def size(package: str) -> int:
    files = [Path(str(file.locate())) for file in distribution(package).files or []]
    return sum(512 * file.stat().st_blocks for file in files if file.exists())


if __name__ == "__main__":
    main()
