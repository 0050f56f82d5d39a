"""A running shop with something of everything in it."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from config.dev.demo import manage
from tests.browser.support.stack import Shop, running_shop
from tests.support.patience import wait_for

TOKEN = "a" * 32  # against forged requests: any will do that the cookie and the form agree on
UNDECIDED = "SELECT 1 FROM payments_stripeevent WHERE outcome NOT IN ('applied', 'ignored')"
# What the placeholders of addresses stand for, in queries of the shop's database.
KNOWN = {
    "slug": "SELECT slug FROM bookings_event UNION SELECT slug FROM payments_plan",
    "reference": "SELECT reference FROM bookings_booking",
    "code": "SELECT code FROM bookings_ticket",
    "object_id": "SELECT generate_series(1, 9)::text",
    "session_id": "SELECT session_id FROM payments_payment WHERE session_id IS NOT NULL",
    "payment": "SELECT reference FROM payments_payment",
}


@dataclass
class Scene:
    """A shop that was bought from: what to ask it for, and as whom."""

    shop: Shop
    addresses: list[str]
    cookies: dict[str, dict[str, str]]  # of the customer, the staff, and a stranger
    csrf: str  # the name of its cookie
    known: dict[str, list[str]]
    events: list[dict[str, Any]]  # that Stripe has sent

    def client(self, who: str = "stranger", *, number: int = 0) -> httpx.Client:
        """Return a client whose every instance has an IP address of its own, as throttles go by these."""
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        cookies = {**self.cookies[who], self.csrf: TOKEN}
        return httpx.Client(
            base_url=self.shop.site,
            cookies=cookies,
            headers={"X-Forwarded-For": address},
            timeout=60,
        )


@contextmanager
def running_scene(folder: Path) -> Iterator[Scene]:
    """Run all processes until the block ends, after a few purchases."""
    with running_shop(folder) as shop:
        seeded = folder / "scene.json"
        seed = "from tests.fuzz.seeding import seed; seed()"
        env = {**shop.processes._env, "FUZZ_SCENE": str(seeded)}
        manage(env, "shell", "--no-imports", "-c", seed)
        found = json.loads(seeded.read_text())
        cookies = {"customer": found["customer"], "staff": found["staff"], "stranger": {}}
        buy_something_of_everything(shop)
        join(shop, {**cookies["customer"], found["csrf"]: TOKEN})
        wait_for(lambda: not shop.rows(UNDECIDED), "all events are applied")
        known = {name: [str(row[0]) for row in shop.rows(query)] for name, query in KNOWN.items()}
        events = shop.stripe.events()
        yield Scene(shop, found["addresses"], cookies, found["csrf"], known, events)


def buy_something_of_everything(shop: Shop) -> None:
    """Leave payments in every state, and the events that led there."""
    stripe = shop.stripe
    sessions = [shop.open_checkout(f"A-{number}")["session_id"] for number in range(1, 9)]
    paid, refunded, partly, disputed, debited, failing, over, _open = sessions
    for session in (paid, refunded, partly, disputed):
        stripe.pay(session, card="4242424242424242")
    stripe.refund(refunded)
    stripe.refund(partly, 1000)
    dispute = stripe.dispute(disputed)
    stripe.close_dispute(dispute["id"], "won")
    stripe.pay(debited, method="sepa_debit", outcome="succeeded")
    stripe.pay(failing, method="sepa_debit", outcome="failed")
    stripe.expire(over)


def join(shop: Shop, cookies: dict[str, str]) -> None:
    """Let the customer become a member."""
    headers = {"X-CSRFToken": TOKEN}
    wish = {"plan": "friend"}
    answer = httpx.post(f"{shop.site}/api/checkout", json=wish, headers=headers, cookies=cookies)
    shop.stripe.pay(answer.raise_for_status().json()["session_id"], card="4242424242424242")


def shuffled(number: int, seed: object) -> random.Random:
    """Return the dice of one case, so that it can be told by its number alone."""
    return random.Random(f"{seed} {number}")
