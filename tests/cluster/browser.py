"""A customer's browser: what it does again by itself, and a record of everything that it was told."""

import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.crash.retrying_client import PATIENCE, NoAnswer, RetryingClient

PAUSES = (0.25, 1.0, 3.0)  # s, as in static/js/shared/waiting.js
TIMEOUT = 75  # s, longer than nginx's


class Seen:
    """What all customers were told: polite refusals, whatever else went wrong, and the longest wait."""

    def __init__(self) -> None:
        self.answers = 0
        self.polite: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.longest = 0.0  # s from a first try to an answer
        self._lock = threading.Lock()

    def note(self, request: str, response: httpx.Response | httpx.TransportError) -> None:
        with self._lock:
            self.answers += 1
            if isinstance(response, httpx.TransportError):
                self.errors[f"{request}: {response!r}"] += 1
            elif response.status_code == 503 and "Retry-After" in response.headers:
                self.polite[f"{request}: 503"] += 1
            elif response.is_error and response.status_code != 409:
                self.errors[f"{request}: {response.status_code} {response.text[:200]}"] += 1

    def waited(self, seconds: float) -> None:
        with self._lock:
            self.longest = max(self.longest, seconds)


class Browser(RetryingClient):
    """
    A client with an IP address of its own that does as the shop's pages and their readers do.

    A page that waits for its status asks again after a failure, by itself. What was sent by hand, or loaded,
    is sent or loaded again when the answer says ``Retry-After``.
    """

    def __init__(self, url: str, address: str, seen: Seen) -> None:
        transport = httpx.HTTPTransport(local_address=address)
        super().__init__(url, {"Accept": "application/json"}, transport=transport, timeout=TIMEOUT)
        self._seen = seen

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        began, failures = time.monotonic(), 0
        while True:
            response = self.ask_once(method, path, **more)
            if response is not None and not self._is_refused(response):
                self._seen.waited(time.monotonic() - began)
                return response
            if time.monotonic() > began + PATIENCE:
                raise NoAnswer(f"{method} {path}")
            asks_itself = path.startswith("/api/payment-status")
            pause = float(response.headers.get("Retry-After", 5)) if response is not None else PAUSES[0]
            time.sleep(PAUSES[min(failures, len(PAUSES) - 1)] if asks_itself else pause)
            failures += 1

    def ask_once(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        request = f"{method} {urlsplit(path).path}"
        try:
            response = self._http.request(method, path, **more)
        except httpx.TransportError as error:
            self._seen.note(request, error)
            self.broken += 1
            return None
        self._seen.note(request, response)
        self.broken += self._is_refused(response)
        return response

    @staticmethod
    def _is_refused(response: httpx.Response) -> bool:
        return response.status_code == 429 or response.is_server_error
