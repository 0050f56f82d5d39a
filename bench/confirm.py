"""
Measure how many payments a second the webhook confirms, beside psycopg alone: ``python -m bench.confirm``.

Rounds of both take turns on one server, with as many connections there as web processes here.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.support.bare import Bare
from bench.support.client import Connection, in_parallel
from bench.support.purchases import Purchase, Purchases
from bench.support.report import Bars, Cell, Table, tell
from bench.support.shop import Shop, Web, deliver, open_shop, run

PAYMENTS = 300  # per round, of two tickets each
ROUNDS = 4
CLIENTS = 8  # concurrent deliveries to each web process
GOAL = 0.25
ROWS = 8 * PAYMENTS * (ROUNDS + 1) // 500 + 1  # of seats: two a payment, in four runs a round


@dataclass(frozen=True)
class Round:
    bare: float  # payments per second
    ours: float
    cost: float  # s of the web processes' CPU time for each payment

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def main() -> None:
    with open_shop(rows=ROWS) as shop:
        run(lambda: measure(shop))


async def measure(shop: Shop) -> None:
    webs = [shop.open("one"), shop.open("two")]
    purchases = await Purchases.open(shop, webs[0])
    results: dict[int, list[Round]] = {1: [], 2: []}
    for number in range(1 + ROUNDS):
        for processes, rounds in results.items():
            measured = await one_round(shop, purchases, webs[:processes])
            if number:  # The first is to warm up: threads, connections and plans exist from then on.
                rounds.append(measured)
    rows: list[list[Cell]] = [[str(processes), *_middle(rounds)] for processes, rounds in results.items()]
    columns = ["web processes", "confirmations/s", "bare psycopg/s", "ratio", "lowest", "CPU time each (ms)"]
    ratios = [
        (f"{processes} process{'es' * (processes > 1)}", median(one.ratio for one in rounds))
        for processes, rounds in results.items()
    ]
    tell(
        "confirm",
        Table(columns=columns, rows=rows),
        bars=Bars(title="Confirmations, as a share of bare psycopg's", values=ratios, goal=GOAL),
    )


def _middle(rounds: Sequence[Round]) -> list[float]:
    return [
        median(one.ours for one in rounds),
        median(one.bare for one in rounds),
        median(one.ratio for one in rounds),
        min(one.ratio for one in rounds),
        1000 * median(one.cost for one in rounds),
    ]


async def one_round(shop: Shop, purchases: Purchases, webs: Sequence[Web]) -> Round:
    """Confirm by psycopg alone, then by the web processes."""
    theirs, ours = [await asyncio.to_thread(purchases.make, PAYMENTS) for _ in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        bare = Bare(shop.database_url, theirs, processes=len(webs), folder=Path(folder))
        by_bare = bare.rate()
    used = sum(web.seconds for web in webs)
    rate = await confirm(ours, webs)
    return Round(bare=by_bare, ours=rate, cost=(sum(web.seconds for web in webs) - used) / len(ours))


async def confirm(purchases: Sequence[Purchase], webs: Sequence[Web]) -> float:
    """Deliver the events of ``purchases`` to the web processes; return the payments confirmed per second."""
    began = time.perf_counter()
    parts = [
        in_parallel(web.port, CLIENTS, [delivery(one.body) for one in purchases[number :: len(webs)]])
        for number, web in enumerate(webs)
    ]
    await asyncio.gather(*parts)
    return len(purchases) / (time.perf_counter() - began)


def delivery(body: bytes) -> Callable[[Connection], Coroutine[Any, Any, None]]:
    return lambda connection: deliver(connection, body)


if __name__ == "__main__":
    main()
