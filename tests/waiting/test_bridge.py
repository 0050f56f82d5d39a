"""A WSGI application under an ASGI server: what it is told, what it answers, and in which threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest
from prometheus_client import REGISTRY

from tests.waiting.support.calls import GONE, Call, scope_of
from tests.waiting.test_layer import until
from waiting.bridge import Bridge, IncompleteResponse, StartResponse
from waiting.environ import Environ, build_environ


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def begin() -> None:
        async with asyncio.timeout(10):
            await story()

    asyncio.run(begin())


class Body:
    """A response's body, which notes whether it was closed."""

    def __init__(self, chunks: Iterable[bytes], *, streaming: bool) -> None:
        self.streaming = streaming
        self.is_closed = False
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        self.is_closed = True


def answering(body: Any) -> Callable[[Environ, StartResponse], Any]:
    """Return an application that answers everything with ``body``."""

    def application(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [("X-Name", "Zoë")])
        return body

    return application


def failing(after: bytes = b"") -> Iterator[bytes]:
    if after:
        yield after
    raise ConnectionError


@pytest.mark.parametrize(("method", "body"), [("GET", ()), ("HEAD", ()), ("POST", (b"one,", b"two"))])
def test_an_application_is_called_as_wsgi_demands(method: str, body: tuple[bytes, ...]) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        read = environ["wsgi.input"].read(100)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(read)))])
        return [read]

    async def story() -> None:
        bridge = Bridge(validator(application), threads=1)  # type: ignore[arg-type]
        headers = [(b"content-length", b"%d" % len(b"".join(body))), (b"content-type", b"text/plain")]
        call = Call(bridge, "/a", method=method, body=body or (b"",), headers=headers)

        assert await call.answer() == (200, b"".join(body))
        assert call.sent[0]["headers"][0] == (b"content-type", b"text/plain")

    run(story)


def test_a_request_is_told_in_the_words_of_wsgi() -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", b"3"),
        (b"x-name", b"Zo\xc3\xab"),
        (b"accept", b"text/html"),
        (b"accept", b"text/plain"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
    ]
    scope = scope_of("POST", "/shop/Zürich", headers, query_string=b"q=%C3%BC", root_path="/shop")
    environ = build_environ(scope, b"abc")

    assert environ["asgi.scope"] is scope
    assert environ["wsgi.input"].read() == b"abc"
    assert {name: environ[name] for name in environ if "." not in name} == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/shop",
        "PATH_INFO": "/ZÃ¼rich",
        "QUERY_STRING": "q=%C3%BC",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "4000",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_X_NAME": "ZoÃ«",
        "HTTP_ACCEPT": "text/html,text/plain",
        "HTTP_COOKIE": "a=1; b=2",
    }


def test_a_server_on_a_unix_socket_knows_no_client() -> None:
    environ = build_environ(scope_of("GET", "/", client=None, server=("/run/admit.sock", None)), b"")

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("/run/admit.sock", "0")
    assert "REMOTE_ADDR" not in environ


def test_what_is_in_memory_is_sent_whole_and_what_streams_in_its_chunks() -> None:
    async def story() -> None:
        whole = Body([b"one,", b"two"], streaming=False)
        streamed = Body([b"one,", b"", b"two"], streaming=True)
        answers = [Call(Bridge(answering(body), threads=1)) for body in (whole, streamed)]

        assert [await answer.answer() for answer in answers] == [(200, b"one,two")] * 2
        assert [len(answer.sent) for answer in answers] == [2, 4]
        assert [answer.sent[0]["headers"] for answer in answers] == [[(b"x-name", b"Zo\xeb")]] * 2
        assert (whole.is_closed, streamed.is_closed) == (True, True)

    run(story)


def test_a_stream_goes_no_further_than_its_client_reads() -> None:
    async def story() -> None:
        produced: list[int] = []

        def chunks() -> Iterator[bytes]:
            for number in range(5):
                produced.append(number)
                yield b"."

        call = Call(Bridge(answering(chunks()), threads=1))
        call.gate.clear()
        await until(lambda: bool(call.sent))
        assert produced == [0]
        call.gate.set()

        assert await call.answer() == (200, b".....")

    run(story)


def test_what_an_application_writes_is_sent_before_what_it_returns() -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])(b"one,")
        return [b"two"]

    async def story() -> None:
        assert await Call(Bridge(application, threads=1)).answer() == (200, b"one,two")

    run(story)


@pytest.mark.parametrize("streaming", [True, False])
def test_an_error_before_the_first_byte_is_a_500_that_says_nothing(
    streaming: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        body = Body(failing(), streaming=streaming)
        call = Call(Bridge(answering(body), threads=1), "/somewhere")

        assert await call.answer() == (500, b"")
        assert call.sent[0]["headers"] == [(b"content-length", b"0"), (b"cache-control", b"no-store")]
        assert body.is_closed

    run(story)
    assert [(record.message, record.exc_info[0]) for record in caplog.records if record.exc_info] == [
        ("GET /somewhere failed", ConnectionError)
    ]


def test_an_error_after_the_first_byte_ends_the_connection_and_its_thread_goes_on() -> None:
    async def story() -> None:
        bodies = iter([Body(failing(after=b"one"), streaming=True), [b"two"]])
        bridge = Bridge(lambda environ, start: answering(next(bodies))(environ, start), threads=1)
        broken = Call(bridge)
        with pytest.raises(IncompleteResponse) as caught:
            await broken.task

        assert isinstance(caught.value.__cause__, ConnectionError)
        assert [message.get("body") for message in broken.sent] == [None, b"one"]
        assert await Call(bridge).answer() == (200, b"two")

    run(story)


def test_an_application_can_take_back_a_response_that_has_not_begun() -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        error = ConnectionError()
        start_response("503 Service Unavailable", [], (ConnectionError, error, None))
        yield b"away"
        start_response("200 OK", [], (ConnectionError, error, None))

    async def story() -> None:
        call = Call(Bridge(application, threads=1))
        with pytest.raises(IncompleteResponse):
            await call.task
        assert [message.get("status", message.get("body")) for message in call.sent] == [503, b"away"]

    run(story)


@pytest.mark.parametrize("count", [1, 2])
def test_requests_share_a_fixed_number_of_threads_and_take_turns(count: int) -> None:
    begun: list[int] = []
    threads: set[int] = set()
    gate = threading.Event()

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun.append(int(environ["PATH_INFO"].removeprefix("/")))
        threads.add(threading.get_ident())
        gate.wait()
        start_response("204 No Content", [])
        return []

    async def story() -> None:
        bridge = Bridge(application, threads=count)
        calls = [Call(bridge, f"/{number}") for number in range(20)]
        await until(lambda: len(begun) == count)
        assert REGISTRY.get_sample_value("admit_queued_requests") == 20 - count
        gate.set()
        assert [await call.answer() for call in calls] == [(204, b"")] * 20

    run(story)
    assert len(threads) == count
    assert (begun if count == 1 else sorted(begun)) == list(range(20))


def test_a_crowd_has_some_of_the_threads_and_others_go_first_but_for_one() -> None:
    begun: list[str] = []
    gates = {"/crowd": threading.Semaphore(0), "/other": threading.Semaphore(0)}

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun.append(environ["PATH_INFO"])
        gates[environ["PATH_INFO"]].acquire()
        return answering([])(environ, start_response)

    async def story() -> None:
        bridge = Bridge(
            application, threads=3, is_of_crowd=lambda scope: scope["path"] == "/crowd", crowd_threads=2
        )
        calls = [Call(bridge, "/crowd") for _ in range(5)]
        await until(lambda: begun == ["/crowd"] * 2)
        calls += [Call(bridge, "/other") for _ in range(3)]
        await until(lambda: begun == ["/crowd"] * 2 + ["/other"])
        gates["/crowd"].release()
        await until(lambda: len(begun) == 4)
        gates["/crowd"].release()
        await until(lambda: len(begun) == 5)
        gates["/other"].release(3)
        gates["/crowd"].release(3)
        await asyncio.gather(*(call.answer() for call in calls))

        # Before the third of the crowd, which began when none of them had a thread any more, others went.
        assert begun[:5] == ["/crowd", "/crowd", "/other", "/other", "/crowd"]
        assert (begun.count("/crowd"), begun.count("/other")) == (5, 3)

    run(story)


def test_a_request_that_its_server_gives_up_in_the_queue_is_never_begun() -> None:
    begun: list[str] = []
    gate = threading.Event()

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun.append(environ["PATH_INFO"])
        gate.wait()
        return answering([])(environ, start_response)

    async def story() -> None:
        bridge = Bridge(application, threads=1)
        begins, given_up, follows = Call(bridge, "/1"), Call(bridge, "/2"), Call(bridge, "/3")
        await until(lambda: begun == ["/1"])
        begins.task.cancel()
        given_up.task.cancel()
        await asyncio.wait([begins.task, given_up.task])
        gate.set()
        await follows.answer()

        assert begun == ["/1", "/3"]

    run(story)


def test_a_request_whose_client_leaves_in_the_middle_of_it_is_never_begun() -> None:
    begun: list[Environ] = []

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun.append(environ)
        return []

    async def story() -> None:
        call = Call(Bridge(application, threads=1), body=())
        call.received.put_nowait({"type": "http.request", "body": b"half", "more_body": True})
        call.received.put_nowait(GONE)
        await call.task

        assert (begun, call.sent) == ([], [])

    run(story)
