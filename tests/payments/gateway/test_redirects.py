"""Whoever answers in Stripe's place can send our requests nowhere else."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from payments.gateway.checkout.sessions import fetch_claim
from payments.gateway.client import stripe_client
from payments.gateway.errors import StripeUnavailable
from payments.gateway.transport.suspended import SuspendedRequests

KINDS = [301, 302, 303, 307, 308]


class Elsewhere(BaseHTTPRequestHandler):
    """Answers every request with a redirect to itself, and notes what it was asked for."""

    status = 307
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Location", "/stolen")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        """Leave the tests' output alone."""


@pytest.fixture
def elsewhere(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Elsewhere, "asked", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Thread(target=server.serve_forever).start()
    settings.STRIPE_API_BASE, settings.STRIPE_RETRIES = f"http://127.0.0.1:{server.server_port}", 0
    stripe_client.cache_clear()
    yield settings.STRIPE_API_BASE
    stripe_client.cache_clear()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", KINDS)
def test_a_thread_follows_no_redirect(
    db: None, elsewhere: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "status", status)

    with pytest.raises(StripeUnavailable):
        fetch_claim("pi_1")

    assert Elsewhere.asked == ["/v1/payment_intents/pi_1"]


@pytest.mark.parametrize("status", KINDS)
def test_the_event_loop_follows_no_redirect(
    elsewhere: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "status", status)

    async def ask() -> int:
        asking = SuspendedRequests()
        try:
            return (await asking.send("get", f"{elsewhere}/v1/events", {}, None, 0))[1]
        finally:
            await asking.close()

    assert (asyncio.run(ask()), Elsewhere.asked) == (status, ["/v1/events"])
