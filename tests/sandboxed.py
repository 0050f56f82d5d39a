"""Stripe's stand-in as the tests drive it: a real process, asked over real HTTP."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
import stripe

Event = dict[str, Any]


@dataclass
class Sandbox:
    """A running sandbox; every answer that isn't 2xx raises, unless a test asks for the refusal."""

    url: str
    key: str

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the control surface, such as ``/faults``."""
        response = httpx.post(f"{self.url}/_sandbox{path}", json=body or {}, timeout=30)
        response.raise_for_status()
        return response.json()

    def pay(self, session_id: str, **how: Any) -> Any:
        """Pay as a customer would: ``card="4000…"``, or ``method="us_bank_account", outcome="failed"``."""
        return self.post(f"/sessions/{session_id}/pay", how)

    def decline(self, session_id: str, card: str = "4000000000000002") -> Any:
        """Try to pay with a card that is refused."""
        response = httpx.post(f"{self.url}/_sandbox/sessions/{session_id}/pay", json={"card": card})
        assert response.status_code == 402, response.text
        return response.json()

    def session(self, session_id: str) -> Any:
        return self._ask(f"/v1/checkout/sessions/{session_id}")

    def sessions(self) -> list[Any]:
        return self._ask("/v1/checkout/sessions?limit=100")["data"]

    def expire(self, session_id: str) -> None:
        url = f"{self.url}/v1/checkout/sessions/{session_id}/expire"
        httpx.post(url, headers={"Authorization": f"Bearer {self.key}"}).raise_for_status()

    def events(self, session_id: str = "") -> list[Event]:
        """Return the events there are, oldest first; of one session only, if told."""
        events = self._ask("/v1/events?limit=100")["data"][::-1]
        return [event for event in events if session_id in ("", event["data"]["object"]["id"])]

    def event(self, type: str, session_id: str) -> Event:
        """Return the one event of a session that has this type, such as ``completed``."""
        (event,) = [e for e in self.events(session_id) if e["type"] == f"checkout.session.{type}"]
        return event

    def fault(self, path: str, do: str, **more: Any) -> None:
        """Make the next requests to ``path``, such as ``POST /v1/checkout/sessions``, go wrong."""
        self.post("/faults", {"match": path, "do": do, **more})

    def requests(self, path: str = "") -> list[Any]:
        journal = httpx.get(f"{self.url}/_sandbox/requests").json()["requests"]
        return [entry for entry in journal if path in f"{entry['method']} {entry['url']}"]

    def _ask(self, path: str) -> Any:
        response = httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        response.raise_for_status()
        return response.json()


def sign(body: bytes, *secrets: str, at: float | None = None) -> str:
    """Return the ``Stripe-Signature`` header for ``body``, with a ``v1`` for each secret."""
    timestamp = int(time.time() if at is None else at)
    signed = f"{timestamp}.{body.decode()}"
    signatures: Iterable[str] = (stripe.WebhookSignature._compute_signature(signed, s) for s in secrets)
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])


def encode(event: Any) -> bytes:
    """Return the body of a delivery, as Stripe writes it."""
    return json.dumps(event, indent=2).encode()
