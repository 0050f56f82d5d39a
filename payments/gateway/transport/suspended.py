"""Requests to Stripe that the event loop sends, while the views that want them are suspended."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp
import requests
import stripe
from django.conf import settings

from payments import metrics
from payments.gateway.errors import StripeBusy, StripeUnavailable
from payments.gateway.transport.allowance import LONGEST_PAUSE, is_over_limit, is_read, pause_after
from payments.gateway.transport.line import Line
from waiting.suspension import close_at_shutdown, is_suspendable

Reply = tuple[Any, int, Mapping[str, str]]


async def send(
    method: str, url: str, headers: Mapping[str, str], post_data: Any, retries: int | None
) -> Reply:
    """
    Send a request, with up to this many ``retries``, and return Stripe's reply.

    Raise ``StripeBusy`` if Stripe wasn't asked because too many want to, or what the library raises.
    """
    global _requests
    # A process has one event loop, and each test its own.
    if _requests is None or _requests.loop is not asyncio.get_running_loop():
        _requests = SuspendedRequests()
        close_at_shutdown(_requests.close)
    return await _requests.send(method, url, headers, post_data, retries)


def require_room() -> None:
    """
    Raise ``StripeBusy`` if a write of a request that can be suspended would be refused now.

    What isn't known without asking passes.
    """
    if _requests and is_suspendable():
        _requests.require_room()


class SuspendedRequests:
    """All requests to Stripe of one event loop: reads go at once, writes stand in line. Made in the loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.line = Line()
        self.session = _open_session()
        self._reads = 0
        # By their idempotency key: a form that is sent again takes no second place in the line.
        self._writes: dict[object, asyncio.Task[Reply]] = {}

    def require_room(self) -> None:
        """Raise ``StripeBusy`` if another write would be refused. Any thread may call this."""
        self.line.require_room()
        if len(self._writes) >= settings.STRIPE_WAITING_WRITES:
            metrics.STRIPE_LINE_REFUSED.inc()
            raise StripeBusy

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any, retries: int | None
    ) -> Reply:
        if is_read(method):
            return await self._read(method, url, headers, post_data, retries)
        key = headers.get("Idempotency-Key", object()), url
        writing = self._writes.get(key)
        if writing is None:
            self.require_room()
            write = Request(self.session, self.line)
            writing = self.loop.create_task(
                write.request_with_retries_async(method, url, headers, post_data, retries)
            )
            self._writes[key] = writing
            writing.add_done_callback(lambda _done: self._writes.pop(key))
        return await asyncio.shield(writing)

    async def _read(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any, retries: int | None
    ) -> Reply:
        if self._reads >= settings.STRIPE_WAITING_READS:
            raise StripeBusy
        self._reads += 1
        try:
            read = Request(self.session, self.line)
            return await read.request_with_retries_async(method, url, headers, post_data, retries)
        finally:
            self._reads -= 1

    async def close(self) -> None:
        await self.line.close()
        await self.session.close()


class Request(stripe.AIOHTTPClient):
    """
    One request with all its tries; each try of a write waits for its turn.

    It stands in line once: if the first try has failed, those that follow go before all others.
    """

    def __init__(self, session: aiohttp.ClientSession, line: Line) -> None:
        connect, answer = settings.STRIPE_TIMEOUT
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=answer)
        super().__init__(timeout=timeout, session=session)
        self._line = line
        self._deadline = asyncio.get_running_loop().time() + settings.STRIPE_LINE_SECONDS
        self._was_sent = False

    def _get_request_args_kwargs(self, *asked: Any) -> tuple[tuple[str, str], dict[str, Any]]:
        """Follow no redirect: Stripe's API sends none, and what is asked there is for nobody else."""
        args, options = super()._get_request_args_kwargs(*asked)
        return args, {**options, "allow_redirects": False}

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> Reply:
        deadline, was_sent, is_first = self._deadline, self._was_sent, self._was_sent
        if was_sent:
            deadline = max(deadline, asyncio.get_running_loop().time() + LONGEST_PAUSE)
        while True:
            if not is_read(method):
                await self._turn(deadline, is_first=is_first)
            self._was_sent = True
            reply = await self._send(method, url, headers, post_data)
            if not is_over_limit(reply[1], reply[2]):
                return reply
            metrics.STRIPE_RATE_LIMITED.inc()
            if is_read(method):  # Stripe counts those apart, so they say nothing about writes.
                return reply
            await self._line.push_back(pause_after(reply[2]))
            # Stripe has done nothing, so this try counts as none, and keeps its place.
            self._was_sent, is_first = was_sent, True

    async def _turn(self, deadline: float, *, is_first: bool) -> None:
        try:
            await self._line.turn(deadline=deadline, is_first=is_first)
        except StripeBusy as error:
            raise StripeUnavailable(str(error)) if self._was_sent else error from error

    async def _send(self, method: str, url: str, headers: Mapping[str, str], post_data: Any) -> Reply:
        try:
            return await super().request_async(method, url, headers, post_data)
        except (aiohttp.ClientError, TimeoutError) as error:
            # The library turns only those errors into its own that come before the reply's body.
            raise stripe.APIConnectionError(f"Network error: {error!r}", should_retry=True) from error


def _open_session() -> aiohttp.ClientSession:
    """Open the pool of connections to Stripe; as many as there are requests under way, which are limited."""
    tls = ssl.create_default_context(cafile=stripe.ca_bundle_path)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls, limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=_proxy(),
    )


def _proxy() -> str | None:
    """Return the proxy that the environment names for Stripe, as ``requests`` does."""
    url = settings.STRIPE_API_BASE or "https://api.stripe.com"
    return requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))


_requests: SuspendedRequests | None = None
