"""Run the shop, its worker and the sandbox as processes on a database of their own."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from config.dev.process_group import WORKER, Processes, answers, web
from tests.support.ports import free_port
from tests.support.postgres.databases import own_database
from tests.support.sandbox import Sandbox

KEY, SECRET = "sk_test_browser", "whsec_browser"
SIGNING_KEY = bytes(range(32))  # of the tickets
# All customers of all tests share a machine, and most a name.
ONE_ADDRESS = dict.fromkeys(["HOLDS_PER_CUSTOMER", "HOLDS_PER_NETWORK"], "1000")
ONE_ADDRESS |= dict.fromkeys(["HOLD_PLACES_PER_CUSTOMER", "HOLD_PLACES_PER_NETWORK"], "1000")
DEBIT_DELAY = 3_600  # s, so that tests decide when a bank debit ends


class Stripe(Sandbox):
    """The sandbox, with control over the delivery of its events to the shop."""

    def withhold(self) -> None:
        """Hold back events about sessions until ``tell`` or ``resume``."""
        self.post("/webhooks", {"drop": {"types": ["checkout.session.*"]}})

    def resume(self) -> None:
        self.post("/webhooks", {"drop": False})

    def tell(self, kind: str, session_id: str) -> None:
        """Deliver a session's event, such as ``completed``, now."""
        self.post(f"/events/{self.event(kind, session_id)['id']}/resend")

    def retrievals(self, session_id: str) -> int:
        """Return how often the shop has retrieved the session."""
        return len(self.requests(f"GET /v1/checkout/sessions/{session_id}"))


@dataclass
class Shop:
    """A running shop: its address, and access to its parts for tests."""

    site: str
    stripe: Stripe
    mails: Path
    database: str
    processes: Processes
    env: dict[str, str]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of ``query`` in the shop's database."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(query, values).fetchall()

    def open_checkout(self, *seats: str) -> Any:
        """Open a checkout for ``seats``, and return the API's answer."""
        who = {"name": "Ada Lovelace", "email": "ada@example.com"}
        wish = {"event": "demo-night", "seats": seats, **who}
        return httpx.post(f"{self.site}/api/checkout", json=wish).raise_for_status().json()


@contextmanager
def running_shop(folder: Path) -> Iterator[Shop]:
    """Run all processes, with emails and logs in ``folder``, until the block ends."""
    port, stripe_port = free_port(), free_port()
    site, stripe_site = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{stripe_port}"
    mails = folder / "mails"
    mails.mkdir()
    with own_database() as database:
        env = {**environment(site, stripe_site, database, mails), **ONE_ADDRESS}
        with Processes(env, logs=folder) as processes, closing(Stripe(stripe_site, KEY)) as stripe:
            processes.start("sandbox", *sandbox(stripe_port, site, folder))
            processes.start("web", *web(port))
            processes.start("worker", *WORKER)
            processes.wait_until(lambda: answers(port) and answers(stripe_port), seconds=30)
            yield Shop(site, stripe, mails, database, processes, env)


def environment(site: str, stripe: str, database: str, mails: Path) -> dict[str, str]:
    """Return settings as in production, complete so that neither the shell nor ``.env`` affects them."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "DATABASE_URL": database,
        "DATABASE_LISTEN_URL": "",
        "SITE_URL": site,
        "ALLOWED_HOSTS": "127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "",
        "CORS_ALLOWED_ORIGINS": "",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": stripe,
        "TICKET_SIGNING_KEY": base64.urlsafe_b64encode(SIGNING_KEY).decode(),
        "EMAIL_URL": f"filemail:///{mails}",
        "MEDIA_ROOT": str(mails.parent / "media"),
        "STAFF_SECOND_FACTOR": "optional",
        "HOLD_SHARE_CONFIRMED": "100",  # The crowds of tests read no mails.
    }


def sandbox(port: int, site: str, folder: Path) -> list[str]:
    """
    Return the command of the sandbox.

    It redirects the browser without waiting for the webhook, so that pages have something to wait for.
    """
    webhook = ["--webhook", f"{site}/api/webhook/stripe", "--secret", SECRET, "--retries", "fast"]
    state = ["--state", str(folder / "sandbox.sqlite3"), "--key", KEY, "--rate-limit", "0"]
    page = ["--redirect", "listen", "--debit-delay", str(DEBIT_DELAY), "--merchant", "The Little Theatre"]
    return ["sandbox", "--port", str(port), *state, *webhook, *page]
