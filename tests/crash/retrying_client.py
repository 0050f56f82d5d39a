"""An HTTP client for a server that may be killed at any moment."""

import random
import time
from typing import Any

import httpx

PATIENCE = 90  # s, after which the test fails
PAUSE = (0.1, 0.5)  # s between tries


class NoAnswer(Exception):
    """The server has been away for longer than any restart takes."""


class RetryingClient:
    """
    An HTTP client that sends a request again, unchanged, after a broken connection or an answer 5xx or 429.

    ``broken`` counts how often that was necessary.
    """

    def __init__(self, url: str, headers: dict[str, str], **more: Any) -> None:
        self.broken = 0
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, **{"timeout": 30, **more})

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Return the first answer that isn't 5xx or 429; raise ``NoAnswer`` after ``PATIENCE``."""
        deadline = time.monotonic() + PATIENCE
        while True:
            response = self.ask_once(method, path, **more)
            if response is not None:
                return response
            if time.monotonic() > deadline:
                raise NoAnswer(f"{method} {path}")
            time.sleep(random.uniform(*PAUSE))

    def ask_once(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """Return the answer, or None if there was none, or if it is 5xx or 429."""
        try:
            response = self._http.request(method, path, **more)
        except httpx.TransportError:
            self.broken += 1
            return None
        if response.status_code == 429 or response.is_server_error:
            self.broken += 1
            return None
        return response
