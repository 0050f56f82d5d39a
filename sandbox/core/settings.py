"""The options of the command line."""

from dataclasses import dataclass
from typing import NamedTuple

API_VERSION = "2026-10-28.endive"

RETRIES: dict[str, tuple[float, ...]] = {
    # Seconds between attempts. Stripe publishes no intervals; "live" spans its documented three days.
    "fast": (1, 5, 15),
    "test": (300, 1_800, 7_200),
    "live": (300, 1_800, 7_200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200),
}


class Link(NamedTuple):
    """Where the front page leads: a page of the shop, and what there is to see."""

    name: str
    url: str
    note: str


@dataclass(frozen=True)
class Settings:
    """The sandbox's configuration, which doesn't change while the process runs."""

    base_url: str
    state: str
    key: str | None = None  # None: every sk_test_… and rk_test_… key is accepted
    webhook: str | None = None
    secrets: tuple[str, ...] = ()
    retries: str = "test"
    redirect: str = "gate"
    rate_limit: int = 25  # requests per second; 0 is no limit
    debit_delay: float = 10  # seconds until a bank debit settles
    refund_delay: float = 10  # seconds until a slow refund succeeds or a bad one fails
    dispute_delay: float = 2  # seconds until a payment is disputed, and until evidence is judged
    gate_seconds: float = 10  # how long the browser waits at most for the webhook's answer
    webhook_timeout: float = 20  # seconds
    merchant: str = "Test shop"
    mails: str | None = None  # the folder that the shop writes its mails into
    links: tuple[Link, ...] = ()  # of the front page
