"""A customer who buys seats, retries when requests fail, and remembers what happened."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.crash.retrying_client import RetryingClient
from tests.crash.seeding import SLUG

WISHES = 8  # choices of seats, before the customer takes any
LOOKS = 3  # status requests
WAIT = 2  # s that each of them asks to be held


@dataclass
class Purchase:
    """What a customer remembers of a purchase, to be compared with the data."""

    number: int
    plan: str
    session_id: str = ""
    # The sessions in the answers to one Idempotency-Key: there must not be two.
    answered: set[str] = field(default_factory=set)
    refusals: int = 0  # seats that were taken
    broken: int = 0  # requests that got no answer, or only a 5xx
    has_paid: bool = False  # Stripe said so
    shown: list[str] = field(default_factory=list)  # the statuses on the customer's page

    @property
    def email(self) -> str:
        return f"customer-{self.number}@example.com"


class Customer:
    """A customer at work: on the shop's site, and on Stripe's page."""

    def __init__(
        self, purchase: Purchase, *, shop: RetryingClient, stripe: RetryingClient, seats: list[str], seed: int
    ) -> None:
        self.purchase = purchase
        self.dice = random.Random(f"{seed} {purchase.number}")
        self.shop = shop
        self.stripe = stripe
        self._seats = seats

    def close(self) -> None:
        for line in (self.shop, self.stripe):
            self.purchase.broken += line.broken
            line.close()

    def reserve(self) -> bool:
        """Open a checkout for free seats; return whether there were any."""
        quantity = self.dice.randint(1, 3)
        for _ in range(WISHES):
            if self._open({"seats": self.dice.sample(self._seats, quantity)}):
                return True
        return self._open({"quantity": quantity})

    def knock(self) -> None:
        """Send one checkout request, and ignore whether there is an answer."""
        self.shop.ask_once("POST", "/api/checkout", **self._wish({"quantity": 2}))

    def _open(self, seats: dict[str, Any]) -> bool:
        wish = self._wish(seats)
        clicks = 2 if self.dice.random() < 0.1 else 1
        with ThreadPoolExecutor(clicks) as fingers:
            tries = [fingers.submit(self.shop.ask, "POST", "/api/checkout", **wish) for _ in range(clicks)]
        opened = [answer.json() for answer in (one.result() for one in tries) if self._is_open(answer)]
        if opened:
            self.purchase.answered = {answer["session_id"] for answer in opened}
            self.purchase.session_id = opened[0]["session_id"]
        return bool(opened)

    def _wish(self, seats: dict[str, Any]) -> dict[str, Any]:
        wish = {"event": SLUG, "name": "Ada Lovelace", "email": self.purchase.email, **seats}
        return {"json": wish, "headers": {"Idempotency-Key": uuid.uuid4().hex}}

    def _is_open(self, answer: httpx.Response) -> bool:
        if answer.status_code == 409:
            self.purchase.refusals += 1
            return False
        assert answer.status_code == 201, answer.text
        return True

    def pay(self, **how: Any) -> str:
        """Pay on Stripe's page and return the outcome; after a lost answer, find out what it was."""
        path = f"/_sandbox/sessions/{self.purchase.session_id}/pay"
        outcome = str(self.stripe.ask("POST", path, json=how).json()["outcome"])
        if outcome == "not_open":  # An earlier try was processed, but its answer was lost.
            outcome = "paid" if self.session()["payment_status"] == "paid" else "processing"
        self.purchase.has_paid |= outcome == "paid"
        return outcome

    def session(self) -> Any:
        return self.stripe.ask("GET", f"/v1/checkout/sessions/{self.purchase.session_id}").json()

    def watch(self) -> None:
        """Request the status until it is decided, a few times at most; some customers have Stripe asked."""
        session, etag = {"session_id": self.purchase.session_id}, ""
        verifies = self.dice.random() < 0.5
        for look in range(LOOKS):
            headers = {"If-None-Match": etag, "Prefer": f"wait={WAIT}"}
            answer = self.shop.ask("GET", "/api/payment-status", params=session, headers=headers)
            if look and verifies:
                answer = self.shop.ask("POST", "/api/payment-status/verify", json=session)
            if answer.status_code == 304:
                continue
            assert answer.status_code == 200, answer.text
            etag = answer.headers["ETag"]
            self.purchase.shown.append(answer.json()["status"])
            if answer.json()["is_processed"]:
                return
