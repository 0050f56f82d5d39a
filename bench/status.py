"""Measure the cost of a status request for several ways to run Django: ``python -m bench.status``."""

from collections.abc import Sequence
from statistics import median

from bench.support.client import rate
from bench.support.report import Bars, Table, tell
from bench.support.shop import Page, Shop, Web, command_for, open_shop, run

OURS = "the layer and the bridge (config.asgi)"
WAYS = {
    OURS: ["config.asgi:application"],
    "the bridge without the layer": ["bench.support.applications:without_layer"],
    "the layer, a2wsgi": ["bench.support.applications:a2wsgi"],
    "the layer, Django's own ASGI": ["bench.support.applications:django_asgi"],
    "plain WSGI under uvicorn": ["config.wsgi:application", "--interface", "wsgi"],
}
Results = dict[str, tuple[float, float]]
ROUNDS = 3
SECONDS = 1.5  # each


def main() -> None:
    with open_shop() as shop:
        run(lambda: measure(shop))


async def measure(shop: Shop) -> None:
    webs = {
        way: shop.open(way.replace(" ", "-"), command_for(*application)) for way, application in WAYS.items()
    }
    (page,) = await shop.buy(webs[OURS], 1)
    for server in webs.values():
        await rate(server.port, page.url, seconds=1)
    tables, bars = [], []
    for what, headers in (("200", {}), ("304", {"If-None-Match": page.etag})):
        rounds = [await measure_round(webs, page, headers) for _ in range(ROUNDS)]
        summaries = {way: summary(way, rounds) for way in WAYS}
        rows = [(way, *summaries[way]) for way in WAYS]
        columns = (f"answers with {what}", "/s", "of ours", "processor each (ms)")
        tables.append(Table(columns=columns, rows=rows))
        bars += [(f"{way}: {what}", summaries[way][2]) for way in WAYS]
    tell("status", *tables, bars=Bars(title="Processor time of a status answer", values=bars, unit=" ms"))


def summary(way: str, rounds: Sequence[Results]) -> tuple[float, float, float]:
    """Return the medians of the answers a second, of their ratio to ours, and of the ms of each."""
    rates, costs = zip(*(result[way] for result in rounds), strict=True)
    ratio = median([result[way][0] / result[OURS][0] for result in rounds])
    return median(rates), ratio, 1000 * median(costs)


async def measure_round(webs: dict[str, Web], page: Page, headers: dict[str, str]) -> Results:
    """Return, for each way, the requests per second and the CPU time of each in s."""
    results: Results = {}
    for way, server in webs.items():
        used = server.seconds
        answered = await rate(server.port, page.url, headers=headers, seconds=SECONDS)
        results[way] = answered, (server.seconds - used) / (answered * SECONDS)
    return results


if __name__ == "__main__":
    main()
