"""The sandbox as a real process, and a webhook endpoint for it to call."""

import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import stripe

from config.dev.lifeline import lifeline, tied
from tests.support.patience import wait_for
from tests.support.stripe_schema import check as stripe_schema

ROOT = Path(__file__).resolve().parents[3]
KEY = "sk_test_of_the_shop"
CURRENT = "2026-10-28.endive"  # the API version of the installed package
# Addresses of embedded lists for which the package has no method, or one without a class for what it lists.
UNNAMED = re.compile(r"/v1/(charges/\w+/refunds|customers/\w+/(sources|subscriptions))\b")
Obj = dict[str, Any]


class Sandbox:
    """One running sandbox."""

    def __init__(self, state: Path, *options: str, key: str = KEY) -> None:
        self.key = key
        command = tied("sandbox", "--state", str(state), "--key", key, "--rate-limit", "0")
        if "--port" not in options:
            command += ["--port", "0"]
        self.log = state.with_suffix(".log")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                pass_fds=[lifeline()],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        if not self.first_line:
            raise RuntimeError(self.log.read_text())
        self.url = self.first_line.split()[1]
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self.stripe = self.client().v1

    def client(self, *, retries: int = 0, timeout: float = 10) -> stripe.StripeClient:
        return stripe.StripeClient(
            self.key,
            base_addresses={"api": self.url},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=(3, timeout)),
        )

    def stop(self) -> int:
        """Terminate the process and return its exit code."""
        self.http.close()
        self.process.terminate()
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        """Kill the process, whatever it is doing."""
        self.process.kill()
        self.stop()

    def api(self, method: str, path: str, body: str = "", **headers: str) -> httpx.Response:
        """Call the API with a raw form, which the library doesn't allow."""
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-www-form-urlencoded"}
        return self.http.request(method, path, content=body, headers={**given, **headers})

    def control(self, path: str, **given: Any) -> Obj:
        answer: Obj = self.http.post(f"/_sandbox/{path}", json=given).json()
        return answer

    def show(self, path: str) -> Obj:
        answer: Obj = self.http.get(f"/_sandbox/{path}").json()
        return answer

    def open_session(self, **changes: Any) -> stripe.checkout.Session:
        params: Any = {**order(), **changes}
        return self.stripe.checkout.sessions.create(params)

    def session(self, session_id: str, *expand: str) -> stripe.checkout.Session:
        return self.stripe.checkout.sessions.retrieve(session_id, {"expand": list(expand)})

    def pay(self, session_id: str, **given: Any) -> Obj:
        return self.control(f"sessions/{session_id}/pay", **given)

    def advance(self, seconds: float) -> None:
        self.control("clock", seconds=seconds)

    def events(self) -> list[Obj]:
        """Return every event, oldest first."""
        events: list[Obj] = []
        query = "limit=100"
        while True:
            page = self.api("GET", f"/v1/events?{query}").json()
            events += page["data"]
            if not page["has_more"]:
                return events[::-1]
            query = f"limit=100&starting_after={events[-1]['id']}"

    def event_types(self) -> list[str]:
        return [event["type"] for event in self.events()]

    def deliveries(self) -> list[Obj]:
        """Return every delivery, once none is due."""
        found: list[Obj] = self.show("deliveries?wait=25")["deliveries"]
        return found

    def problems(self) -> list[str]:
        """Return what is wrong, by Stripe's schema, with this sandbox's requests, replies and events."""
        found = {}
        for entry in self.show("requests")["requests"]:
            if entry["headers"].get("stripe-version", CURRENT) != CURRENT or entry["url"].startswith("/v2/"):
                continue  # The schema only describes the package's own version, and v1.
            found[entry["id"]] = stripe_schema.check_reply(entry)
            wrong = [] if UNNAMED.match(entry["url"]) else stripe_schema.check_request(entry)
            if wrong and entry["status"] is not None and entry["status"] < 400:
                found[entry["id"]] += [f"taken, though Stripe refuses it: {problem}" for problem in wrong]
        for event in self.events():
            found[event["id"]] = stripe_schema.check_event(event)
        if any(found.values()):
            for shown in self.show("overrides")["shown_in"]:  # A test has asked for what isn't in the schema.
                found.pop(shown, None)
        return [problem for problems in found.values() for problem in problems]


def order(*, amount: int = 2100, currency: str = "eur", quantity: int = 2) -> Obj:
    """Return the parameters of a session like those the shop sends."""
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Seat A-1"}}
    return {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": quantity}],
        "success_url": "http://shop.test/paid?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/cancelled",
        "client_reference_id": "BOOKING-1",
        "customer_email": "ada@example.com",
        "metadata": {"payment": "p1"},
        "payment_intent_data": {"metadata": {"payment": "p1"}},
    }


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A webhook endpoint that keeps what it receives and answers with ``answers``."""

    received: list[Received] = field(default_factory=list)
    answers: Callable[[Received], int] = lambda _: 200

    def __post_init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got = Received(dict(self.headers.items()), body)
                receiver.received.append(got)
                self.send_response(receiver.answers(got))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def wait_for(self, count: int) -> None:
        """Wait until ``count`` deliveries have arrived."""
        wait_for(lambda: len(self.received) >= count, f"{count} deliveries")

    def reset(self) -> None:
        self.received.clear()
        self.answers = lambda _: 200

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
