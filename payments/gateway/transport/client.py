"""
The HTTP client of ``StripeClient``: in the event loop for requests to the shop, in the thread for all others.

A view that asks Stripe is suspended meanwhile (``waiting.suspension``): it has no thread, no database
connection and no lock. The worker, commands and plain WSGI wait in their thread.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import stripe
from django.conf import settings
from django.db import OperationalError

from payments import metrics
from payments.gateway.errors import StripeBusy, StripeUnavailable
from payments.gateway.transport.allowance import (
    LONGEST_PAUSE,
    PATIENCE,
    is_over_limit,
    is_read,
    pause_after,
    push_back,
    wait_for_slot,
)
from payments.gateway.transport.suspended import send
from waiting.suspension import is_suspendable, wait_for

Reply = tuple[Any, int, Mapping[str, str]]
NO_LINE_FOR = 10  # s after the database couldn't be reached
THREADS = threading.BoundedSemaphore(settings.STRIPE_THREADS)


class Transport(stripe.HTTPClient):
    """Sends each request in the way that its caller can wait; raise ``StripeBusy`` if too many do."""

    name = "requests"  # for Stripe's statistics

    def __init__(self) -> None:
        super().__init__()
        self._in_threads = WritesInTurn()

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> Reply:
        if is_suspendable():
            return wait_for(lambda: send(method, url, headers, post_data, max_network_retries))
        with _place_among_threads():
            return self._in_threads.request_with_retries(method, url, headers, post_data, max_network_retries)


@contextmanager
def _place_among_threads() -> Iterator[None]:
    """
    Limit how many of the process's threads wait for Stripe, where requests can't be suspended.

    However slow Stripe is, status pages and webhooks find the other threads free.
    """
    if not THREADS.acquire(blocking=False):
        raise StripeBusy
    try:
        yield
    finally:
        THREADS.release()


class Direct(requests.Session):
    """Follows no redirect: Stripe's API sends none, and what is asked there is for nobody else."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class WritesInTurn(stripe.RequestsClient):
    """Sleeps before each try of a write until it has a slot of the account's allowance."""

    def __init__(self) -> None:
        super().__init__(timeout=settings.STRIPE_TIMEOUT, session=Direct())
        self._now = threading.local()  # of the request under way in this thread
        self._no_line_until = 0.0

    def request_with_retries(self, *args: Any, **options: Any) -> Reply:
        self._now.was_sent = False
        self._now.deadline = time.monotonic() + PATIENCE * settings.STRIPE_LINE_SECONDS
        return super().request_with_retries(*args, **options)

    def request(  # type: ignore[override]  # as in the library's own class
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> Reply:
        deadline, was_sent = self._now.deadline, self._now.was_sent
        if was_sent:
            deadline = max(deadline, time.monotonic() + LONGEST_PAUSE)
        while True:
            if not is_read(method):
                self._wait_for_slot(deadline - time.monotonic())
            self._now.was_sent = True
            reply = super().request(method, url, headers, post_data)
            if not is_over_limit(reply[1], reply[2]):
                return reply
            metrics.STRIPE_RATE_LIMITED.inc()
            if is_read(method):
                return reply
            push_back(pause_after(reply[2]))
            self._now.was_sent = was_sent

    def _wait_for_slot(self, most: float) -> None:
        if time.monotonic() < self._no_line_until:
            return
        try:
            wait_for_slot(most)
        except OperationalError:
            # Without the database nobody stands in line; the doctor asks Stripe all the same.
            self._no_line_until = time.monotonic() + NO_LINE_FOR
        except StripeBusy as error:
            raise StripeUnavailable(str(error)) if self._now.was_sent else error from error
