"""Requests that wait for the event loop without a thread, and others that are served in it meanwhile."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_urlconf, path, set_urlconf
from django.utils import timezone, translation
from procrastinate.contrib.django.utils import connector_params
from prometheus_client import REGISTRY

from config import urls
from config.dev.process_group import Processes, answers
from tests.support.patience import PATIENCE, wait_for
from tests.support.ports import free_port
from tests.waiting.support.calls import Call
from tests.waiting.test_layer import until
from waiting.bridge import Bridge
from waiting.suspension import NotSuspendable, OpenTransaction, is_suspendable
from waiting.suspension import wait_for as suspend

THREADS = 2
ZONES = {"de": "Europe/Berlin", "nl": "Europe/Amsterdam", "cy": "Europe/London"}


class Gate:
    """What the views below wait for."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.error: Exception | None = None
        self.waiting = 0

    async def pass_through(self) -> str:
        self.waiting += 1
        await self.open.wait()
        if self.error:
            raise self.error
        return "passed"


gate: Gate


def waits(request: HttpRequest) -> HttpResponse:
    _pid()
    begun_in = threading.get_ident()
    passed = suspend(lambda: gate.pass_through())
    is_connected = connection.connection is not None
    _pid()
    return HttpResponse(f"{passed} {begun_in == threading.get_ident()} {is_connected}")


def answers_at_once(request: HttpRequest) -> HttpResponse:
    _pid()
    return HttpResponse("at once")


def waits_in_its_own_world(request: HttpRequest, name: str) -> HttpResponse:
    translation.activate(name)
    set_urlconf(name)
    timezone.activate(ZONES[name])
    try:
        raise LookupError(name)
    except LookupError:
        suspend(lambda: gate.pass_through())
        error = str(sys.exc_info()[1])
    return HttpResponse(_world(error))


def tells_its_world(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_world(sys.exc_info()[1]))


def _world(error: object) -> str:
    world = [translation.get_language(), get_urlconf(), timezone.get_current_timezone(), error]
    return " ".join(map(str, world))


def catches(request: HttpRequest) -> HttpResponse:
    try:
        suspend(lambda: gate.pass_through())
    except ConnectionError as error:
        return HttpResponse(f"caught {error}")
    return HttpResponse("nothing to catch")


def waits_in_a_transaction(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        suspend(lambda: gate.pass_through())
    return HttpResponse("waited")


def waits_without_autocommit(request: HttpRequest) -> HttpResponse:
    transaction.set_autocommit(False)
    try:
        suspend(lambda: gate.pass_through())
    finally:
        transaction.set_autocommit(True)
    return HttpResponse("waited")


def _pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


urlpatterns = [
    *urls.urlpatterns,
    path("waits", waits),
    path("answers", answers_at_once),
    path("world", tells_its_world),
    path("world/<name>", waits_in_its_own_world),
    path("catches", catches),
    path("atomic", waits_in_a_transaction),
    path("no-autocommit", waits_without_autocommit),
]

Story = Callable[[Bridge], Coroutine[Any, Any, None]]
Run = Callable[[Story], None]


@pytest.fixture
def run(db: None, settings: Any) -> Run:
    """Return a function that runs a story with Django in two threads, and the views above."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []

    async def begin(story: Story) -> None:
        global gate
        gate = Gate()
        async with asyncio.timeout(30):
            await story(Bridge(WSGIHandler(), threads=THREADS))

    return lambda story: asyncio.run(begin(story))


def test_who_waits_has_no_thread_and_no_connection_and_goes_on_where_it_was(run: Run) -> None:
    async def story(bridge: Bridge) -> None:
        backends, threads = _backends(), _threads()
        waiting = [Call(bridge, "/waits") for _ in range(200)]
        await until(lambda: gate.waiting == 200)
        others = [Call(bridge, "/answers") for _ in range(20)]

        assert [await other.answer() for other in others] == [(200, b"at once")] * 20
        assert REGISTRY.get_sample_value("admit_suspended_requests") == 200
        assert _threads() - threads <= THREADS
        assert _backends() - backends <= THREADS
        gate.open.set()
        assert {await call.answer() for call in waiting} == {(200, b"passed True False")}
        assert REGISTRY.get_sample_value("admit_suspended_requests") == 0
        assert _backends() - backends <= THREADS

    run(story)


def _threads() -> int:
    """Return how many threads bridges have: another test's may just be ending."""
    return sum(thread.name == "bridge" for thread in threading.enumerate())


def _backends() -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with psycopg.connect(**connector_params()) as watcher:
        row = watcher.execute(query).fetchone()
    assert row
    return int(row[0])


def test_each_keeps_its_language_addresses_time_zone_and_error(run: Run) -> None:
    async def story(bridge: Bridge) -> None:
        bridge.threads = 1
        waiting = [Call(bridge, f"/world/{name}") for name in ZONES]
        await until(lambda: gate.waiting == 3)
        other = await Call(bridge, "/world").answer()
        gate.open.set()

        assert other == (200, b"en-gb tests.waiting.test_suspension UTC None")
        expected = [f"{name} {name} {zone} {name}" for name, zone in ZONES.items()]
        assert [(await call.answer())[1].decode() for call in waiting] == expected
        assert await Call(bridge, "/world").answer() == other

    run(story)


def test_what_goes_wrong_in_the_loop_is_raised_where_it_was_awaited(run: Run) -> None:
    async def story(bridge: Bridge) -> None:
        gate.error = ConnectionError("no line")
        gate.open.set()

        assert await Call(bridge, "/catches").answer() == (200, b"caught no line")
        assert (await Call(bridge, "/waits").answer())[0] == 500
        assert await Call(bridge, "/answers").answer() == (200, b"at once")

    run(story)


@pytest.mark.parametrize("path", ["/atomic", "/no-autocommit"])
def test_nobody_waits_with_a_transaction_open(run: Run, path: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(bridge: Bridge) -> None:
        assert (await Call(bridge, path).answer())[0] == 500
        assert gate.waiting == 0
        assert await Call(bridge, "/answers").answer() == (200, b"at once")

    run(story)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [OpenTransaction]


def test_who_can_go_on_goes_before_who_has_not_begun(run: Run) -> None:
    async def story(bridge: Bridge) -> None:
        bridge.threads = 1
        waiting = Call(bridge, "/waits")
        await until(lambda: gate.waiting == 1)
        # One begins; in the same turn of the loop, the one that waits is told, and another is queued.
        first, second = Call(bridge, "/answers"), Call(bridge, "/answers")
        gate.open.set()
        ended: list[asyncio.Task[None]] = []
        for call in (waiting, first, second):
            call.task.add_done_callback(ended.append)
        await asyncio.gather(waiting.task, first.task, second.task)

        assert ended == [first.task, waiting.task, second.task]

    run(story)


def test_a_view_finishes_though_its_client_has_left(run: Run) -> None:
    async def story(bridge: Bridge) -> None:
        call = Call(bridge, "/waits")
        await until(lambda: gate.waiting == 1)
        call.task.cancel()
        await asyncio.wait([call.task])
        gate.open.set()
        await until(lambda: not bridge._suspended)

        assert await Call(bridge, "/answers").answer() == (200, b"at once")
        assert call.sent == []

    run(story)


def test_outside_of_the_bridge_nobody_can_wait(db: None, settings: Any, client: Client) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []

    assert is_suspendable() is False
    with pytest.raises(NotSuspendable):
        client.get("/catches")


def test_a_process_that_is_told_to_stop_answers_those_who_wait_first(tmp_path: Path) -> None:
    port = free_port()
    with Processes({"DJANGO_SETTINGS_MODULE": "tests.settings"}, logs=tmp_path) as processes:
        application = "tests.waiting.support.gated:application"
        process = processes.start("gated", "uvicorn", application, "--port", str(port), "--lifespan", "off")
        processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        waiting = [HTTPConnection("127.0.0.1", port) for _ in range(50)]
        for connection in waiting:
            connection.request("GET", "/waits")
        wait_for(lambda: ask(port) == b"50", "50 suspended requests")
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: not answers(port), "the closed door")
        process.send_signal(signal.SIGUSR1)
        told = [connection.getresponse().read() for connection in waiting]
        for connection in waiting:
            connection.close()

        assert told == [b"50"] * 50
        assert process.wait(PATIENCE) in (0, -signal.SIGTERM)


def ask(port: int) -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    answer = connection.getresponse().read()
    connection.close()
    return answer
