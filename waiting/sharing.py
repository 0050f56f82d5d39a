"""Give identical requests one shared answer, so that the view runs once for all of them."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.conf import settings
from prometheus_client import Counter

from waiting.hub import Hub

SHARED = Counter("admit_shared_answers", "Requests answered with another identical request's answer.")
MAX_PATHS = 20_000  # whose topics are remembered, more than can be held
MAX_ANSWERS = 1_000
# Longer requests aren't shared, since anybody could fill the memory with them.
MAX_ADDRESS = 500  # characters of path and query
MAX_HEADERS = 6_000  # bytes; the largest ETag of a seat map has 4,000
FRESH_FOR = 5  # s for which an answer is reused, unless its topic is published
# The headers that a shared answer may depend on, besides the path, the query and the cookie of the language.
HEADERS = {
    b"if-none-match",
    b"accept",
    b"accept-encoding",
    b"accept-language",
    b"origin",
    b"host",
    b"x-forwarded-proto",
}
LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME.encode()

Message = MutableMapping[str, Any]
RequestKey = tuple[Any, ...]


@dataclass
class Answer:
    """
    A view's answer with its topic.

    ``messages`` are its ASGI messages if it is shared. Otherwise they are empty: the answer was sent to its
    own client, or was a 304 that isn't sent.
    """

    topic: str = ""
    since: int = 0  # the hub's sequence from before the view was called
    asked_at: float = 0.0  # the loop's time
    is_unchanged: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def is_shared(self) -> bool:
        return bool(self.messages)


class SharedAnswers:
    """
    Short-lived answers to reuse for identical requests, so that a crowd costs hardly more than one client.

    An answer is reused only if its topic hasn't been published since its view was called. Held requests wait
    for the same publication, so a shared answer is never older than what a held request shows.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._topics: OrderedDict[RequestKey, str] = OrderedDict()  # by path and query
        self._answers: OrderedDict[RequestKey, asyncio.Future[Answer]] = OrderedDict()

    async def find(self, key: RequestKey, *, asked_after: float) -> Answer | None:
        """
        Return a current answer for ``key``, perhaps one in progress; None if the view must be called.

        The view was called later than ``asked_after`` (the loop's time).
        """
        topic = self._topics.get(key[:2])
        if topic is None:
            return None
        self._topics.move_to_end(key[:2])
        await self.hub.until_published(topic)
        pending = self._answers.get(key)
        if pending is None or (pending.done() and not self._is_current(pending.result())):
            return None
        answer = await asyncio.shield(pending)  # If this client leaves, the others still get the answer.
        if not answer.is_shared or answer.asked_at <= asked_after:
            return None
        SHARED.inc()
        return answer

    @asynccontextmanager
    async def answering(self, key: RequestKey) -> AsyncIterator[Answer]:
        """Let identical requests wait for the answer that the ``with`` block fills in."""
        answer = Answer(since=self.hub.sequence, asked_at=asyncio.get_running_loop().time())
        pending = asyncio.get_running_loop().create_future()
        may_share = _is_short(key)
        if may_share and key[:2] in self._topics:
            _remember(self._answers, key, pending, MAX_ANSWERS)
        try:
            yield answer
        except BaseException:
            answer.messages.clear()  # Don't share an incomplete answer.
            raise
        finally:
            pending.set_result(answer)
            if may_share and answer.is_shared:
                _remember(self._topics, key[:2], answer.topic, MAX_PATHS)
                _remember(self._answers, key, pending, MAX_ANSWERS)
                asyncio.get_running_loop().call_later(FRESH_FOR, self._forget_old)

    def _forget_old(self) -> None:
        while self._answers:
            key, pending = next(iter(self._answers.items()))
            if not pending.done() or _is_fresh(pending.result()):
                return
            del self._answers[key]

    def _is_current(self, answer: Answer) -> bool:
        return _is_fresh(answer) and not self.hub.was_published(answer.topic, since=answer.since)


def _is_fresh(answer: Answer) -> bool:
    return asyncio.get_running_loop().time() - answer.asked_at < FRESH_FOR


def request_key(scope: MutableMapping[str, Any]) -> RequestKey:
    """Return what identifies a request: path, query, and the headers that its answer may depend on."""
    named = [(name, value) for name, value in scope["headers"] if name in HEADERS]
    named.sort(key=itemgetter(0))  # Of one name, the order counts.
    return (scope["path"], scope.get("query_string", b""), _language(scope["headers"]), *named)


def _is_short(key: RequestKey) -> bool:
    path, query, language, *named = key
    is_short = len(path) + len(query) <= MAX_ADDRESS
    return is_short and len(language) + sum(len(value) for _name, value in named) <= MAX_HEADERS


def _language(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """
    Return all that Django's parser may take for the language's cookie, which it alone knows how to read.

    Browsers send one. Of more, or of one in disguise, it matters only that no two readings have one key.
    """
    cookies = (cookie for name, value in headers if name == b"cookie" for cookie in value.split(b";"))
    return b";".join(cookie.strip() for cookie in cookies if LANGUAGE_COOKIE in cookie)


def _remember(known: OrderedDict[RequestKey, Any], key: RequestKey, value: Any, most: int) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
