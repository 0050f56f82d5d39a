"""One answer for all who ask the same at the same time, where the view says that it may be shared."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter

from waiting.hub import Hub

SHARED = Counter("admit_shared_answers", "Requests that got the answer that another one had asked for.")
ADDRESSES = 1_000  # whose topics are remembered
QUESTIONS = 250  # whose answers are
FRESH = 5  # s for which an answer is given again, if nothing is published meanwhile
# What an answer may depend on, besides the address. Views that depend on more don't share theirs.
HEADERS = {b"if-none-match", b"accept", b"accept-encoding", b"accept-language", b"origin"}

Message = MutableMapping[str, Any]
Question = tuple[Any, ...]


@dataclass
class Answer:
    """What a view said: the whole of it, or nothing if it went to its client or would go to none."""

    topic: str = ""
    since: int = 0  # the hub's mark from before the view was asked
    at: float = 0.0  # the loop's time
    is_unchanged: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def is_shared(self) -> bool:
        return bool(self.messages)


class Sharing:
    """
    Remembers for moments what views have said, so that a crowd costs hardly more than one.

    An answer is given again only while its topic hasn't been published since the view was asked for it. That
    is what a held request relies on as well, so nobody learns of a change later than by being held.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._topics: OrderedDict[Question, str] = OrderedDict()  # by address
        self._answers: OrderedDict[Question, asyncio.Future[Answer]] = OrderedDict()

    async def find(self, question: Question) -> Answer | None:
        """Return what was answered to ``question``, or is just being; None if the view has to be asked."""
        topic = self._topics.get(question[:2])
        if topic is None:
            return None
        await self.hub.until_published(topic)
        told = self._answers.get(question)
        if told is None or (told.done() and not self._holds(told.result())):
            return None
        answer = await asyncio.shield(told)
        if not answer.is_shared:
            return None
        SHARED.inc()
        return answer

    @asynccontextmanager
    async def asking(self, question: Question) -> AsyncIterator[Answer]:
        """Let others who ask the same wait for the answer that the block fills in."""
        answer = Answer(since=self.hub.now, at=asyncio.get_running_loop().time())
        told = asyncio.get_running_loop().create_future()
        if question[:2] in self._topics:
            _remember(self._answers, question, told, QUESTIONS)
        try:
            yield answer
        except BaseException:
            answer.messages.clear()  # Half an answer is none.
            raise
        finally:
            told.set_result(answer)
            if answer.is_shared:
                _remember(self._topics, question[:2], answer.topic, ADDRESSES)
                _remember(self._answers, question, told, QUESTIONS)
                self.hub.pace(answer.topic)

    def _holds(self, answer: Answer) -> bool:
        is_fresh = asyncio.get_running_loop().time() - answer.at < FRESH
        return is_fresh and not self.hub.was_published(answer.topic, since=answer.since)


def question_of(scope: MutableMapping[str, Any]) -> Question:
    """Return what makes a request the same as another: its address first, then what else it depends on."""
    named = sorted((name, value) for name, value in scope["headers"] if name in HEADERS)
    return (scope["path"], scope.get("query_string", b""), *named)


def _remember(known: OrderedDict[Question, Any], key: Question, value: Any, most: int) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
