"""What customers saw of a sale, and how it is told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.support.report import Bars, Table, tell
from bench.support.shop import Shop

CUSTOMERS = 5_000
ROWS, SEATS = 20, 50


@dataclass
class Seen:
    """What the customers saw, and how long it took, in s."""

    opened: list[float] = field(default_factory=list)  # moments since the first customer
    waited: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    pages: dict[str, list[float]] = field(default_factory=lambda: {"event": [], "status": [], "webhook": []})
    others: Counter[str] = field(default_factory=Counter)
    threads: set[int] = field(default_factory=set)
    backends: set[int] = field(default_factory=set)
    most_held: int = 0


def percentile(values: Sequence[float], share: float) -> float | None:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


def report(seen: Seen, cpu: dict[str, float], seconds: float, asked: dict[str, Any], shop: Shop) -> None:
    opened = sorted(seen.opened)
    last = opened[int(len(opened) * 0.99) - 1] if opened else 1
    rate = 0.99 * len(opened) / last
    with psycopg.connect(shop.database_url) as connection:
        query = """
            SELECT count(*), count(DISTINCT seat_id) FROM bookings_bookedseat b
            JOIN bookings_booking o ON o.id = b.booking_id JOIN bookings_event e ON e.id = o.event_id
            WHERE e.slug = 'sale' AND o.status IN ('held', 'confirmed')
        """
        sold, seats = connection.execute(query).fetchone() or (0, 0)
    figures = Table(
        columns=("", "measured", "goal"),
        rows=[
            ("sessions opened", len(opened), ROWS * SEATS),
            ("sessions/s until the seats were gone", rate, "≥ 90"),
            ("seats sold twice", sold - seats, 0),
            ("refused: too late", len(seen.late), None),
            ("other answers", ", ".join(f"{n} × {what}" for what, n in seen.others.items()) or 0, 0),
            ("Stripe's 429s", asked["refused"], None),
            ("threads of a web process", _span(seen.threads), "constant"),
            ("database connections", _span(seen.backends), "constant"),
            ("most customers waiting without a thread", seen.most_held, None),
        ],
    )
    times = Table(
        columns=("ms", "median", "99 %", "goal for 99 %"),
        rows=[
            ("session opened", *_ms(seen.waited), None),
            ("told that it is too late", *_ms(seen.late), "≤ 1,000"),
            ("event page", *_ms(seen.pages["event"]), "≤ 250"),
            ("payment's status", *_ms(seen.pages["status"]), "≤ 250"),
            ("webhook", *_ms(seen.pages["webhook"]), None),
        ],
    )
    everybody = {**cpu, "all of them": sum(cpu.values())}
    shares = Table(
        columns=("CPU time", "processors", "ms for each customer"),
        rows=[(name, used / seconds, 1000 * used / CUSTOMERS) for name, used in everybody.items()],
    )
    tell(
        "on_sale",
        figures,
        times,
        shares,
        bars=Bars(
            title="Sessions opened in each second of the sale",
            values=[
                (f"second {n + 1}", float(sum(n <= at < n + 1 for at in opened)))
                for n in range(int(last) + 1)
            ],
            goal=90,
        ),
    )


def _ms(values: Sequence[float]) -> tuple[float | None, float | None]:
    shown = [percentile(values, share) for share in (0.5, 0.99)]
    median, most = (None if value is None else 1000 * value for value in shown)
    return median, most


def _span(values: set[int]) -> str:
    return str(min(values)) if len(values) == 1 else f"{min(values)} to {max(values)}"
