"""The waiting layer and its hub alone, in front of a small application whose answers can be timed."""

import asyncio
import resource
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import settings as production
from waiting import hub as hubs
from waiting.hub import Hub
from waiting.layer import Message, Receive, Scope, Send, WaitingLayer, raise_file_limit, seconds_to_wait

GONE: Message = {"type": "http.disconnect"}


class Resource:
    """An ASGI application with one resource, ``version``, whose answers leave only while ``gate`` is open."""

    def __init__(self) -> None:
        self.version = 1
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        tag = b'"%d"' % self.version
        await self.gate.wait()
        unchanged = (b"if-none-match", tag) in scope["headers"]
        headers = [(b"etag", tag), (b"X-Topic", b"resource")]
        status = 500 if self.version < 0 else 304 if unchanged else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Exchange:
    """A request to the layer and what becomes of it, as a server sees both."""

    def __init__(self, layer: WaitingLayer, *, version: int = 1, prefer: str = "wait=30") -> None:
        headers = [(b"if-none-match", b'"%d"' % version), (b"prefer", prefer.encode())]
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._received.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self.sent: list[Message] = []
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        self.task = asyncio.create_task(layer(scope, self._received.get, self._send))

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def leave(self) -> None:
        self._received.put_nowait(GONE)

    async def answer(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        await self.task
        start, body = self.sent
        assert body == {"type": "http.response.body", "body": b"", "more_body": False}
        return start["status"], start["headers"]


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.001)


def run(story: Callable[[WaitingLayer, Resource], Coroutine[Any, Any, None]]) -> None:
    """Run a test with a layer that has begun to listen: from here on only the test wakes anybody."""

    async def begin() -> None:
        resource = Resource()
        layer = WaitingLayer(resource)
        async with asyncio.timeout(10):
            await Exchange(layer, prefer="").task
            await until(lambda: layer.hub.sequence > 0)
            resource.asked = 0
            await story(layer, resource)

    asyncio.run(begin())


def test_what_is_announced_while_the_view_reads_is_not_missed(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        resource.gate.clear()
        exchange = Exchange(layer)
        await until(lambda: resource.asked == 1)  # It has read version 1 and is about to say so.
        resource.version = 2
        layer.hub.wake("resource")
        resource.gate.set()

        assert await exchange.answer() == (200, [(b"etag", b'"2"')])
        assert resource.asked == 2

    run(story)


def test_what_is_announced_while_the_view_is_asked_again_is_not_missed(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        exchange = Exchange(layer)
        await until(lambda: layer.hub.count == 1)
        resource.gate.clear()
        layer.hub.wake("resource")
        await until(lambda: resource.asked == 2)
        resource.version = 2
        layer.hub.wake("resource")
        resource.gate.set()

        assert await exchange.answer() == (200, [(b"etag", b'"2"')])

    run(story)


def test_what_was_published_before_the_view_read_wakes_nobody(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        layer.hub.wake("resource")
        exchange = Exchange(layer)
        await until(lambda: layer.hub.count == 1)
        exchange.leave()
        await exchange.task

        assert (resource.asked, exchange.sent) == (1, [])

    run(story)


def test_an_announcement_that_changes_nothing_wakes_no_client(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        async def is_held_again(asked: int) -> None:
            await until(lambda: (resource.asked, layer.hub.count) == (asked, 1))

        exchange = Exchange(layer)
        for asked in (1, 2, 3):
            await is_held_again(asked)
            assert exchange.sent == []
            layer.hub.wake("resource")
        resource.version = 2
        layer.hub.wake("resource")

        assert await exchange.answer() == (200, [(b"etag", b'"2"')])

    run(story)


def test_who_goes_while_the_view_is_asked_is_not_held(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        resource.gate.clear()
        exchange = Exchange(layer)
        await until(lambda: resource.asked == 1)
        exchange.leave()
        resource.gate.set()
        await exchange.task

        assert (layer.hub.count, resource.asked, exchange.sent) == (0, 1, [])

    run(story)


def test_a_failure_after_the_wait_reaches_the_client_without_the_topic(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        exchange = Exchange(layer)
        await until(lambda: layer.hub.count == 1)
        resource.version = -1
        layer.hub.wake("resource")

        assert await exchange.answer() == (500, [(b"etag", b'"-1"')])

    run(story)


def test_beyond_the_most_that_can_be_held_the_answer_comes_at_once(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        layer.hub.capacity = 2
        held = [Exchange(layer), Exchange(layer)]
        await until(lambda: layer.hub.count == 2)

        assert await Exchange(layer).answer() == (304, [(b"etag", b'"1"')])
        assert [exchange.sent for exchange in held] == [[], []]

    run(story)


def test_a_process_that_stops_answers_who_waits_and_holds_nobody_any_more(db: None) -> None:
    async def story(layer: WaitingLayer, resource: Resource) -> None:
        held = [Exchange(layer) for _ in range(3)]
        await until(lambda: layer.hub.count == 3)
        layer.hub.close()
        late = Exchange(layer)

        assert [(await exchange.answer())[0] for exchange in [*held, late]] == [304] * 4
        assert layer.hub.count == 0

    run(story)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=25", 25),
        ("wait=30", 30),
        ("wait=31", 30),
        ("wait=9999", 30),
        ("wait=99999999999999999999", 30),
        ("Wait = 7", 7),
        ('wait="7"', 7),
        ("wait=7; x=y", 7),
        ("respond-async, wait=7", 7),
        ("wait=7, wait=9", 7),
        ("", 0),
        ("wait", 0),
        ("wait=", 0),
        ("wait=0", 0),
        ("wait=-7", 0),
        ("wait=soon", 0),
        ("await=7", 0),
        ("foo; wait=2", 0),
        ("wait=2abc", 0),
        ("x-wait=7", 0),
    ],
)
def test_a_client_says_how_long_it_would_wait(prefer: str, seconds: int) -> None:
    headers = [(b"prefer", prefer.encode())]

    assert seconds_to_wait({"type": "http", "method": "GET", "headers": headers}) == seconds
    assert seconds_to_wait({"type": "http", "method": "POST", "headers": headers}) == 0


def test_preferences_may_come_in_several_headers() -> None:
    headers = [(b"prefer", b"respond-async"), (b"prefer", b"wait=7")]

    assert seconds_to_wait({"type": "http", "method": "GET", "headers": headers}) == 7


async def wait(hub: Hub, topic: str, *, since: int) -> bool:
    soon = asyncio.get_running_loop().time() + 5
    async with asyncio.timeout(1):
        return await hub.wait(topic, since=since, deadline=soon, receive=asyncio.Queue[Message]().get)


def test_an_announcement_that_comes_while_another_wakes_does_no_harm() -> None:
    async def story() -> None:
        hub = Hub()
        waiting = asyncio.create_task(wait(hub, "a", since=hub.sequence))
        await until(lambda: hub.count == 1)
        hub.wake("a")
        await asyncio.sleep(0)  # It has been told to wake, and hasn't come to its turn.
        assert hub.count == 1
        hub.wake("a")

        assert await waiting is True

    asyncio.run(story())


def test_what_is_too_long_ago_to_be_remembered_counts_as_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        hub = Hub()
        hub.wake("a")
        hub.wake("b")
        since = hub.sequence
        for topic in ("a", "c", "d"):
            hub.wake(topic)

        assert await wait(hub, "a", since=since) is True

    monkeypatch.setattr(hubs, "MAX_TOPICS", 2)
    asyncio.run(story())


TOPICS = st.sampled_from("abc")
WHO = st.integers(0, 2)
NOTHING = st.none()
STEP = st.one_of(
    st.tuples(st.just("ask"), TOPICS),
    st.tuples(st.just("wait"), WHO),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("publish"), TOPICS),
    st.tuples(st.just("publish"), TOPICS),
    st.tuples(st.just("publish all"), NOTHING),
    st.tuples(st.just("turn"), NOTHING),  # The event loop goes on only here, once,
    st.tuples(st.just("settle"), NOTHING),  # and here, until nothing moves any more.
)


class Client:
    """Somebody who asks at a mark, may wait later, and may leave; with what the model knows of them."""

    def __init__(self, hub: Hub, topic: str) -> None:
        self.hub = hub
        self.topic = topic
        self.since = hub.sequence
        self.published: set[str] = set()  # since they asked
        self.is_due = False
        self.has_left = False
        self.waiting: asyncio.Task[bool] | None = None
        self._gone: asyncio.Queue[Message] = asyncio.Queue()

    def wait(self) -> None:
        if self.waiting is None:
            deadline = asyncio.get_running_loop().time() + 3600
            wait: Awaitable[bool] = self.hub.wait(
                self.topic, since=self.since, deadline=deadline, receive=self._gone.get
            )
            self.waiting = asyncio.ensure_future(wait)

    def leave(self) -> None:
        self.has_left = True
        self._gone.put_nowait(GONE)

    def hear(self, topics: set[str]) -> None:
        self.published |= topics
        self.is_due |= self.topic in topics

    def check(self) -> bool:
        """Compare the hub's answer with what it must be, and return whether this client still waits."""
        if self.waiting is None:
            return False
        if not self.waiting.done():
            assert not self.is_due, "Somebody sleeps who should have been woken."
            assert not self.has_left, "Somebody is held who has gone."
            return True
        if self.waiting.result():
            forgotten = len(self.published) > hubs.MAX_TOPICS
            assert self.is_due or forgotten, "Somebody was woken for nothing."
        else:
            assert self.has_left
        return False


async def play(steps: list[tuple[str, Any]]) -> None:
    hub = Hub()
    clients: list[Client] = []
    for action, subject in [*steps, ("settle", None)]:
        if action == "ask":
            clients.append(Client(hub, subject))
        elif action in ("wait", "leave") and subject < len(clients):
            getattr(clients[subject], action)()
        elif action == "publish":
            hub.wake(subject)
            for client in clients:
                client.hear({subject})
        elif action == "publish all":
            hub.wake_all()
            for client in clients:
                client.hear(set("abc"))
        elif action == "turn":
            await asyncio.sleep(0)
        elif action == "settle":
            for _ in range(10):
                await asyncio.sleep(0)
            assert hub.count == sum([client.check() for client in clients])
    hub.close()
    await asyncio.gather(*(client.waiting for client in clients if client.waiting))
    assert (hub.count, hub._held) == (0, {})


@pytest.mark.parametrize("remembered", [10_000, 2, 1])
def test_nobody_sleeps_who_should_be_woken_whatever_happens_in_whatever_order(
    monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(hubs, "MAX_TOPICS", remembered)

    @settings(max_examples=300, deadline=None, database=None)
    @given(st.lists(STEP, min_size=6, max_size=30))
    def try_out(steps: list[tuple[str, Any]]) -> None:
        asyncio.run(play(steps))

    try_out()


@pytest.mark.parametrize(("most", "held"), [(1_000, 500), (100_000, 15_000)])
def test_held_pages_leave_open_files_to_those_who_stand_in_line(
    most: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = [(900, most)]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limit: limits.append(limit))
    in_line = production.STRIPE_WAITING_WRITES + 2 * production.STRIPE_WAITING_READS

    assert raise_file_limit() == held
    assert limits[-1][0] - held >= min(in_line, most // 2)
