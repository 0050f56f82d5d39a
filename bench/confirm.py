"""Measure how many payments per second the webhook confirms: ``python -m bench.confirm``."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from statistics import median
from typing import Any

from bench.support.client import Connection, in_parallel
from bench.support.shop import Shop, Web, deliver, open_shop, run

PAYMENTS = 200  # per round, of two tickets each
ROUNDS = 2
CLIENTS = 8  # concurrent deliveries to each web process


def main() -> None:
    with open_shop() as shop:
        run(lambda: measure(shop))


async def measure(shop: Shop) -> None:
    webs = [shop.open("one"), shop.open("two")]
    await confirm(shop, webs)  # Warm up: threads and connections exist now.
    rounds = [(await confirm(shop, webs[:1]), await confirm(shop, webs)) for _ in range(ROUNDS)]
    print("web processes   confirmations/s   tickets/s   CPU time each (ms)")
    for processes, results in enumerate(zip(*rounds, strict=True), start=1):
        rates, costs = zip(*results, strict=True)
        print(f"{processes:13}{median(rates):18.0f}{2 * median(rates):12.0f}{1000 * median(costs):14.1f}")
    print(f"two processes: {median([two[0] / one[0] for one, two in rounds]):.2f} of one")


async def confirm(shop: Shop, webs: Sequence[Web]) -> tuple[float, float]:
    """Return the payments confirmed per second, and the CPU time of each in s."""
    pages = await shop.buy(webs[0], PAYMENTS)
    bodies = list((await shop.pay(pages)).values())
    used = sum(web.seconds for web in webs)
    began = time.perf_counter()
    parts = [
        in_parallel(web.port, CLIENTS, [delivery(body) for body in bodies[number :: len(webs)]])
        for number, web in enumerate(webs)
    ]
    await asyncio.gather(*parts)
    seconds = time.perf_counter() - began
    return len(bodies) / seconds, (sum(web.seconds for web in webs) - used) / len(bodies)


def delivery(body: bytes) -> Callable[[Connection], Coroutine[Any, Any, None]]:
    return lambda connection: deliver(connection, body)


if __name__ == "__main__":
    main()
