"""Run the whole shop and its own PostgreSQL as processes that can be killed at any moment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from config.dev.demo import manage
from config.dev.process_group import WORKER, Processes, web
from tests.browser.support.stack import KEY, SECRET, environment
from tests.crash.postgres import Database, OwnPostgres
from tests.crash.retrying_client import RetryingClient
from tests.crash.supervisor import Supervisor
from tests.support.patience import wait_for
from tests.support.ports import free_port
from tests.support.postgres.copying import copy_tables


@dataclass(frozen=True)
class Stack:
    """A running shop: the addresses of its parts, and the supervisor that restarts its processes."""

    site: str
    stripe: str
    mails: Path
    postgres: Database
    supervisor: Supervisor
    env: dict[str, str]
    workers: tuple[str, ...] = ("worker",)

    def shop_client(self, number: int) -> RetryingClient:
        """Return the client of a customer."""
        # Each needs an IP address of their own, or the limits would count them as one.
        address = f"10.0.{number >> 8}.{number & 255}"
        return RetryingClient(self.site, {"X-Forwarded-For": address, "Accept": "application/json"})

    def stripe_client(self) -> RetryingClient:
        return RetryingClient(self.stripe, {"Authorization": f"Bearer {KEY}"})

    def is_up(self) -> bool:
        """Return whether customers could buy now."""
        try:
            return (
                httpx.get(f"{self.site}/readyz").is_success
                and httpx.get(f"{self.stripe}/_sandbox/clock").is_success
            )
        except httpx.TransportError:
            return False

    def command(self, *words: str) -> tuple[int, str]:
        """Run a Django command; return its exit status and output."""
        done = subprocess.run(
            [sys.executable, "-m", "manage", *words], env=self.env, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr


@dataclass(frozen=True)
class Breakable(Stack):
    """A shop on one PostgreSQL, which can be shut down as in a crash."""

    postgres: OwnPostgres


@contextmanager
def running_stack(folder: Path, *, seats: int) -> Iterator[Breakable]:
    """Run all processes, with their files in ``folder``, until the block ends."""
    port, stripe_port = free_port(), free_port()
    site, stripe = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{stripe_port}"
    mails = folder / "mails"
    mails.mkdir()
    with OwnPostgres(folder / "postgres") as postgres:
        env = environment(site, stripe, postgres.url, mails)
        create_event({**env, "CRASH_DUTIES": str(folder / "duties.json")}, seats)
        commands = {"sandbox": sandbox(stripe_port, site, folder), "web": web(port), "worker": WORKER}
        with Processes(env, logs=folder) as processes, Supervisor(processes, commands) as supervisor:
            stack = Breakable(site, stripe, mails, postgres, supervisor, {**os.environ, **env})
            wait_for(stack.is_up, "the shop is up")
            yield stack


def create_event(env: dict[str, str], seats: int) -> None:
    """Create the tables and an event with ``seats`` seats."""
    copy_tables(env["DATABASE_URL"])
    seed = "from tests.crash.seeding import seed; seed()"
    manage({**env, "CRASH_SEATS": str(seats)}, "shell", "--no-imports", "-c", seed)


def sandbox(port: int, site: str, folder: Path) -> list[str]:
    """Return the command of the sandbox, with delays of seconds for what takes days at Stripe."""
    webhook = ["--webhook", f"{site}/api/webhook/stripe", "--secret", SECRET, "--retries", "fast"]
    state = ["--state", str(folder / "sandbox.sqlite3"), "--key", KEY, "--rate-limit", "0"]
    delays = ["--debit-delay", "4", "--refund-delay", "3"]
    return ["sandbox", "--port", str(port), *state, *webhook, *delays]
