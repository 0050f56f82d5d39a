"""What crowds look at: one answer for all who ask the same, and a few publications a second."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import product
from typing import Any

import pytest
from django.http import parse_cookie
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.waiting.test_layer import until
from waiting import hub as hubs
from waiting.hub import Hub
from waiting.layer import Message, Receive, Scope, Send, WaitingLayer
from waiting.sharing import request_key

PACE = 0.05  # s, in these tests


class House:
    """An ASGI application with a shared resource, whose answers leave only while ``gate`` is open."""

    def __init__(self) -> None:
        self.version = 1
        self.asked = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        version = self.version
        await self.gate.wait()
        if self.fails:
            raise ConnectionError
        tag = b'"%d"' % version
        unchanged = (b"if-none-match", tag) in scope["headers"]
        headers = [(b"etag", tag), (b"X-Shared-Topic", b"house"), *self.headers]
        start = {"type": "http.response.start", "status": 304 if unchanged else 200, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": b"%d" % version, "more_body": True})
        await send({"type": "http.response.body", "body": b".", "more_body": False})


class Looker:
    """One who asks with a version, and what they are told."""

    def __init__(self, layer: WaitingLayer, *, version: int, path: str = "/", **headers: str) -> None:
        self.sent: list[Message] = []
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        asked = [(b"if-none-match", b'"%d"' % version), (b"prefer", b"wait=30"), *named]
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._received.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": asked}
        self.task = asyncio.create_task(layer(scope, self._received.get, self._send))

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def leave(self) -> None:
        self._received.put_nowait({"type": "http.disconnect"})

    async def version(self) -> int:
        """Wait for the answer, and return the version that it tells of."""
        await self.task
        start, *bodies = self.sent
        assert start["headers"] == [(b"etag", b'"%s"' % bodies[0]["body"])]
        assert [body["more_body"] for body in bodies] == [True, False]
        return int(bodies[0]["body"])


Story = Callable[[WaitingLayer, House], Coroutine[Any, Any, None]]


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    """Return a function that runs a story with a layer that knows its house, and that only the test wakes."""
    monkeypatch.setattr(hubs, "MIN_INTERVAL", PACE)
    monkeypatch.setattr(hubs, "CROWD", 1)

    async def begin(story: Story) -> None:
        house = House()
        layer = WaitingLayer(house)
        async with asyncio.timeout(10):
            await Looker(layer, version=0).task
            await until(lambda: layer.hub.sequence > 0)
            await asyncio.sleep(PACE)
            house.asked = 0
            await story(layer, house)

    return lambda story: asyncio.run(begin(story))


Run = Callable[[Story], None]


def test_a_crowd_that_waits_for_one_change_asks_once(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        crowd = [Looker(layer, version=1) for _ in range(100)]
        await until(lambda: layer.hub.count == 100)
        assert house.asked == 1
        house.version = 2
        layer.hub.wake("house")

        assert [await looker.version() for looker in crowd] == [2] * 100
        assert house.asked == 2

    run(story)


def test_who_comes_back_with_the_version_that_was_just_found_to_hold_asks_nobody(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        first = Looker(layer, version=1)
        await until(lambda: layer.hub.count == 1)
        second = Looker(layer, version=1)
        await until(lambda: layer.hub.count == 2)
        assert house.asked == 1
        house.version = 2
        layer.hub.wake("house")

        assert (await first.version(), await second.version()) == (2, 2)

    run(story)


def test_who_asks_something_else_gets_an_answer_of_their_own(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        Looker(layer, version=1)
        await until(lambda: layer.hub.count == 1)
        await Looker(layer, version=0).task
        await Looker(layer, version=0, path="/elsewhere").task
        await Looker(layer, version=0, accept_language="de").task
        await Looker(layer, version=0, accept_encoding="br").task
        await Looker(layer, version=0, origin="https://friend.example").task
        await Looker(layer, version=0, host="tickets.example").task
        await Looker(layer, version=0, x_forwarded_proto="https").task

        assert house.asked == 8

    run(story)


def test_of_all_cookies_only_the_language_counts(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        cookies = ["sessionid=1", "sessionid=2; theme=dark", ""]
        in_german = ["django_language=de", "a=1;  django_language=de ", "django_language=de;b=2"]
        for cookie in [*cookies, *in_german]:
            await Looker(layer, version=0, cookie=cookie).task

        assert house.asked == 2

    run(story)


COOKIES = ["", "django_language", "django_language=de", "django_language=fr", "\xc2\xa0django_language=de"]


def test_whom_django_answers_in_two_languages_get_two_answers() -> None:
    languages: dict[Any, set[str | None]] = {}
    for cookies in product(COOKIES, COOKIES):
        header = "; ".join(cookies).encode("latin-1")
        key = request_key({"path": "/", "headers": [(b"cookie", header)]})
        languages.setdefault(key, set()).add(parse_cookie(header.decode()).get("django_language"))

    assert [told for told in languages.values() if len(told) > 1] == []
    assert len(set().union(*languages.values())) == 3


def test_of_a_header_that_is_repeated_the_order_counts() -> None:
    german, french = (b"accept-language", b"de"), (b"accept-language", b"fr")
    keys = [
        request_key({"path": "/", "headers": [*headers]})
        for headers in [(german, french), (french, german), ((b"accept", b"*/*"), german, french)]
    ]

    assert keys[0] != keys[1]
    assert request_key({"path": "/", "headers": [german, (b"accept", b"*/*"), french]}) == keys[2]


@pytest.mark.parametrize("long", [{"path": "/" + "x" * 500}, {"accept": "x" * 6_000}])
def test_what_is_too_long_to_be_remembered_is_answered_each_time(run: Run, long: dict[str, str]) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        crowd = [Looker(layer, version=0, **long) for _ in range(3)]

        assert [await looker.version() for looker in crowd] == [1] * 3
        assert house.asked == 3

    run(story)


def test_an_answer_that_sets_a_cookie_is_nobody_elses(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        house.headers = [(b"Set-Cookie", b"secret")]
        house.gate.clear()
        crowd = [Looker(layer, version=0) for _ in range(3)]
        await until(lambda: house.asked == 1)
        house.gate.set()
        await asyncio.gather(*(looker.task for looker in crowd))

        assert house.asked == 3

    run(story)


def test_when_the_one_who_asks_fails_the_others_ask_themselves(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        house.gate.clear()
        house.fails = True
        crowd = [Looker(layer, version=0) for _ in range(3)]
        await until(lambda: house.asked == 1)
        house.gate.set()
        with pytest.raises(ConnectionError):
            await crowd[0].task
        house.fails = False

        assert [await looker.version() for looker in crowd[1:]] == [1, 1]

    run(story)


def test_what_is_announced_while_the_one_asks_wakes_all_who_wait_with_it(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        house.gate.clear()
        crowd = [Looker(layer, version=1) for _ in range(5)]
        await until(lambda: house.asked == 1)
        house.version = 2
        layer.hub.wake("house")
        house.gate.set()

        assert [await looker.version() for looker in crowd] == [2] * 5

    run(story)


def test_a_burst_wakes_at_once_and_then_at_the_pace_and_its_last_change_is_told(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        looker = Looker(layer, version=1)
        await until(lambda: layer.hub.count == 1)
        seen = [1]
        began = asyncio.get_running_loop().time()
        while house.version < 101:
            house.version += 1
            layer.hub.wake("house")
            if looker.task.done():
                seen.append(await looker.version())
                looker = Looker(layer, version=seen[-1])
            await asyncio.sleep(0.002)
        while seen[-1] < 101:
            seen.append(await looker.version())
            looker = Looker(layer, version=seen[-1])
        lasted = asyncio.get_running_loop().time() - began

        assert seen[1] <= 3
        assert len(seen) - 1 <= lasted / PACE + 2
        looker.leave()

    run(story)


@pytest.mark.parametrize(("clients", "woken"), [(0, 9), (hubs.CROWD - 1, 9), (hubs.CROWD, 1)])
def test_only_a_crowd_keeps_a_pace(clients: int, woken: int) -> None:
    async def story() -> None:
        hub = Hub()
        hour = asyncio.get_running_loop().time() + 3600
        never = asyncio.Event()
        waits = [hub.wait("house", since=0, deadline=hour, receive=never.wait) for _ in range(clients)]
        tasks = [asyncio.ensure_future(waiting) for waiting in waits]
        await until(lambda: hub.count == clients)
        for _ in range(9):
            hub.wake("house")

        assert hub.sequence == woken
        assert await asyncio.gather(*tasks) == [True] * clients

    asyncio.run(story())


def test_the_pace_is_slower_for_a_crowd_that_is_larger_than_can_be_answered_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hubs, "MIN_INTERVAL", 0.01)
    monkeypatch.setattr(hubs, "INTERVAL_PER_CLIENT", 0.001)

    async def story() -> None:
        hub = Hub()
        hour = asyncio.get_running_loop().time() + 3600
        never = asyncio.Event()
        crowd = [hub.wait("house", since=0, deadline=hour, receive=never.wait) for _ in range(200)]
        tasks = [asyncio.ensure_future(waiting) for waiting in crowd]
        await until(lambda: hub.count == 200)
        began = asyncio.get_running_loop().time()
        hub.wake("house")
        hub.wake("house")
        await hub.until_published("house")

        assert 0.2 <= asyncio.get_running_loop().time() - began < 0.4
        assert [await task for task in tasks] == [True] * 200

    asyncio.run(story())


def test_who_waits_for_the_pace_is_answered_when_the_process_stops(run: Run) -> None:
    async def story(layer: WaitingLayer, house: House) -> None:
        layer.hub.wake("house")
        layer.hub.wake("house")
        late = Looker(layer, version=1)
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        layer.hub.close()

        assert await late.version() == 1
        assert asyncio.get_running_loop().time() - began < PACE

    run(story)


@settings(max_examples=40, deadline=None, database=None)
@given(st.lists(st.sampled_from(["change", "look", "leave", "turn", "rest"]), max_size=40))
def test_whoever_looks_sees_the_last_change_in_the_end(steps: list[str]) -> None:
    async def play() -> None:
        house = House()
        layer = WaitingLayer(house)
        layer._listener = asyncio.create_task(asyncio.sleep(0))  # Nobody but the test publishes anything.
        await Looker(layer, version=0).task
        lookers: list[Looker] = []
        for step in steps:
            if step == "change":
                house.version += 1
                layer.hub.wake("house")
            elif step == "look":
                lookers.append(Looker(layer, version=house.version))
            elif step == "leave" and lookers:
                lookers.pop().leave()
            else:
                await asyncio.sleep(0.003 if step == "rest" else 0)
        house.version += 1
        layer.hub.wake("house")
        async with asyncio.timeout(5):
            for looker in lookers:
                version = await looker.version()
                while version < house.version:
                    version = await Looker(layer, version=version).version()
        assert layer.hub.count == 0 or not lookers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hubs, "MIN_INTERVAL", 0.002)
        patch.setattr(hubs, "CROWD", 2)
        asyncio.run(play())
