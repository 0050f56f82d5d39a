"""Waiting in real web processes with real clients; what wakes them is what Stripe's events change."""

import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.dev.process_group import Processes, answers, web
from tests.support.patience import PATIENCE, wait_for
from tests.support.ports import free_port
from tests.support.postgres.databases import own_database
from tests.support.sandbox import Sandbox, encode, sign
from tests.support.shop import SECRET

TOO_LONG = 10  # s; a request that is held for longer than it should be ends its test here
THREADS = 16  # that answer, in a web process


@dataclass
class Request:
    """A request that was sent, and may or may not have been answered."""

    connection: HTTPConnection

    def answer(self) -> "Answer":
        """Wait for the answer, for less time than the server would hold the request."""
        response = self.connection.getresponse()
        return Answer(response, response.read())

    def again(self, method: str, path: str, body: bytes | None = None, **headers: str) -> "Request":
        """Send the next request over the same connection."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, named)
        return self

    def vanish(self) -> None:
        """Be a browser that was closed."""
        self.connection.close()


@dataclass
class Answer:
    response: HTTPResponse
    body: bytes

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.response.getheaders()}


@dataclass
class Web:
    """One web process, asked over real HTTP."""

    port: int
    process: subprocess.Popen[bytes]
    sent: list[Request] = field(default_factory=list)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Request:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TOO_LONG)
        self.sent.append(Request(connection))
        return self.sent[-1].again(method, path, body, **headers)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        request = self.send(method, path, body, **headers)
        answer = request.answer()
        request.vanish()
        return answer

    def forget_requests(self) -> None:
        while self.sent:
            self.sent.pop().vanish()

    @property
    def held(self) -> int:
        """How many requests the process says it holds."""
        metrics = self.ask("GET", "/metrics").body.decode()
        (gauge,) = re.findall(r"^admit_held_requests (\S+)$", metrics, re.MULTILINE)
        return int(float(gauge))

    def until_held(self, count: int) -> None:
        wait_for(lambda: self.held == count, f"{count} held requests")

    @property
    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    @property
    def memory(self) -> int:
        """Return what the process has in memory, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])


@dataclass
class Page:
    """What the page of a customer, back from Stripe, knows: its address and the version it shows."""

    url: str
    etag: str
    session_id: str

    def wait(self, at: Web, *, prefer: str = "wait=30") -> Request:
        return at.send("GET", self.url, If_None_Match=self.etag, Prefer=prefer)

    def ask(self, at: Web, method: str = "GET", **headers: str) -> Answer:
        return at.ask(method, self.url, None, **headers)


class Shop:
    """A database of its own with the demo's event, the web processes on it, and Stripe's stand-in."""

    def __init__(self, database_url: str, stripe: Sandbox, env: dict[str, str], logs: Path) -> None:
        self.database_url = database_url
        self.stripe = stripe
        self.processes = Processes(env, logs=logs)
        self.logs = logs
        self.webs: list[Web] = []
        self.customers = count(1)

    def open(self, name: str, *, command: Callable[[int], Any] = web) -> Web:
        """Start a web process and return it once it answers."""
        port = free_port()
        process = self.processes.start(name, *command(port))
        self.processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        self.webs.append(Web(port, process))
        return self.webs[-1]

    def buy(self, at: Web) -> Page:
        """Open a checkout for one seat."""
        number = next(self.customers)  # Each has an address of their own, and a network.
        who = {"name": "Ada Lovelace", "email": f"ada{number}@example.com"}
        wish, headers = {"event": "demo-night", "quantity": 1, **who}, {"X_Forwarded_For": f"10.0.0.{number}"}
        answer = at.ask("POST", "/api/checkout", encode(wish), Content_Type="application/json", **headers)
        assert answer.status == 201, answer.body
        session_id = re.findall(rb'"session_id":"(\w+)"', answer.body)[0].decode()
        url = f"/api/payment-status?session_id={session_id}"
        return Page(url, at.ask("GET", url).headers["etag"], session_id)

    def pay(self, page: Page, at: Web) -> None:
        """Pay at Stripe, and let its event arrive at one of the processes."""
        self.stripe.pay(page.session_id, card="4242424242424242")
        self.deliver(page, at)

    def deliver(self, page: Page, at: Web) -> None:
        """Let the event of a payment arrive at one of the processes."""
        body = encode(self.stripe.event("completed", page.session_id))
        signature = sign(body, SECRET)
        answer = at.ask("POST", "/api/webhook/stripe", body, Stripe_Signature=signature)
        assert answer.body == b'{"received":true,"outcome":"applied"}'

    def change_unpublished(self, page: Page) -> None:
        """Change what the status says, as a process does that dies before it can say so."""
        changes = "UPDATE payments_payment SET error_message = 'changed' WHERE session_id = %s"
        self.run(changes, page.session_id)

    def cut_listeners(self) -> int:
        """Cut the connections that hear publications, and return how many there were."""
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        listens = "query IN ('LISTEN admit', 'SELECT 1')"
        return len(
            self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others} AND {listens}")
        )

    def cut_everybody(self) -> None:
        """Cut every connection that the web processes have, as a restart of the database does."""
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")

    def backends(self) -> list[tuple[Any, ...]]:
        """Return the state of each connection that the web processes have."""
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        return self.run(f"SELECT state FROM pg_stat_activity WHERE {others}")

    def run(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with own_database() as url:
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "DATABASE_LISTEN_URL": "",
            "STRIPE_API_BASE": sandbox.url,
        }
        shop = Shop(url, sandbox, env, tmp_path_factory.mktemp("waiting"))
        with shop.processes:
            yield shop


@pytest.fixture(scope="module")
def one(shop: Shop) -> Web:
    return shop.open("one")


@pytest.fixture(scope="module")
def two(shop: Shop) -> Web:
    return shop.open("two")


@pytest.fixture(autouse=True)
def _nobody_is_left(shop: Shop, one: Web) -> Iterator[None]:
    yield
    for process in shop.webs:
        process.forget_requests()
    one.until_held(0)


@pytest.fixture
def page(shop: Shop, one: Web) -> Page:
    return shop.buy(one)


def test_a_page_that_waits_hears_of_its_payment(shop: Shop, one: Web, page: Page) -> None:
    waiting = page.wait(one)
    one.until_held(1)
    shop.pay(page, one)
    answer = waiting.answer()

    assert (answer.status, b'"status":"succeeded"' in answer.body) == (200, True)
    assert answer.headers["etag"] == page.ask(one).headers["etag"] != page.etag
    assert one.held == 0


def test_the_end_of_the_wait_is_a_304_with_the_version_that_still_holds(one: Web, page: Page) -> None:
    waiting = page.wait(one, prefer="wait=1")
    one.until_held(1)
    answer = waiting.answer()

    assert (answer.status, answer.headers["etag"], answer.body) == (304, page.etag, b"")
    assert answer.headers["cache-control"] == "no-store"


def test_who_knows_no_version_or_an_old_one_is_answered_at_once(one: Web, page: Page) -> None:
    assert page.ask(one, Prefer="wait=30").status == 200
    assert page.ask(one, Prefer="wait=30", If_None_Match='"of yesterday"').status == 200


def test_who_does_not_say_how_long_is_answered_at_once(one: Web, page: Page) -> None:
    vague = ["", "wait", "wait=", "wait=soon", "wait=-5", "wait=0", "respond-async"]

    assert [page.wait(one, prefer=prefer).answer().status for prefer in vague] == [304] * len(vague)


def test_a_wait_is_found_among_other_preferences(one: Web, page: Page) -> None:
    clear = ["wait=1", "WAIT = 1", 'wait="1"', "respond-async, wait=1; x=y", "a=b,wait=1"]
    waiting = [page.wait(one, prefer=prefer) for prefer in clear]
    one.until_held(len(clear))

    assert [request.answer().status for request in waiting] == [304] * len(clear)


def test_only_a_get_is_held(one: Web, page: Page) -> None:
    def ask(method: str, url: str = page.url) -> int:
        return one.ask(method, url, If_None_Match=page.etag, Prefer="wait=30").status

    assert (ask("HEAD"), ask("POST"), ask("POST", "/api/webhook/stripe")) == (304, 405, 400)
    assert page.ask(one, "HEAD").body == b""


def test_a_checkout_with_a_preference_is_made_as_without(one: Web) -> None:
    wish = encode({"event": "demo-night", "quantity": 1, "name": "Ada", "email": "ada@example.com"})
    answer = one.ask("POST", "/api/checkout", wish, Content_Type="application/json", Prefer="wait=30")

    assert answer.status == 201


def test_one_connection_holds_one_request_after_the_other(shop: Shop, one: Web, page: Page) -> None:
    known = {"If_None_Match": page.etag}
    request = page.wait(one, prefer="wait=1")
    statuses = [request.answer().status]
    statuses.append(request.again("GET", page.url, None, **known).answer().status)
    request.again("GET", page.url, None, **known, Prefer="wait=30")
    one.until_held(1)
    shop.pay(page, one)
    statuses.append(request.answer().status)

    assert statuses == [304, 304, 200]


def test_no_answer_tells_the_topic(shop: Shop, one: Web, page: Page) -> None:
    answers = {
        "new": page.ask(one, Prefer="wait=1"),
        "unchanged": page.ask(one, If_None_Match=page.etag),
        "unchanged to the end": page.wait(one, prefer="wait=1").answer(),
        "head": page.ask(one, "HEAD"),
        "unknown session": one.ask("GET", "/api/payment-status?session_id=cs_none", Prefer="wait=30"),
        "unknown address": one.ask("GET", "/nowhere", Prefer="wait=30"),
        "file": one.ask("GET", "/static/css/base/elements.css", Prefer="wait=30"),
        "page": one.ask("GET", f"/payments/success/?session_id={page.session_id}", Prefer="wait=30"),
    }
    other = shop.buy(one)  # Of whose status no answer is fresh.
    shop.run("ALTER TABLE payments_payment RENAME TO away")
    answers["failure"] = other.ask(one, Prefer="wait=30", If_None_Match=other.etag)
    shop.run("ALTER TABLE away RENAME TO payments_payment")

    assert [answer.status for answer in answers.values()] == [200, 304, 304, 200, 404, 404, 200, 200, 500]
    assert [name for name, answer in answers.items() if "x-topic" in answer.headers] == []


def test_a_change_wakes_all_who_wait_for_it_and_nobody_else(shop: Shop, one: Web, page: Page) -> None:
    other = shop.buy(one)
    waiting = [page.wait(one) for _ in range(5)]
    not_concerned = other.wait(one, prefer="wait=1")
    one.until_held(6)
    shop.pay(page, one)

    assert [request.answer().status for request in waiting] == [200] * 5
    assert not_concerned.answer().status == 304


def test_a_change_through_one_process_wakes_who_waits_in_another(
    shop: Shop, one: Web, two: Web, page: Page
) -> None:
    waiting = page.wait(two)
    two.until_held(1)
    shop.pay(page, one)

    assert waiting.answer().status == 200


def test_a_lost_announcement_costs_the_rest_of_the_wait(shop: Shop, one: Web, page: Page) -> None:
    waiting = page.wait(one, prefer="wait=1")
    one.until_held(1)
    shop.change_unpublished(page)
    answer = waiting.answer()

    assert (answer.status, b'"error_message":"changed"' in answer.body) == (200, True)


def test_what_changes_while_nobody_listens_is_told_once_somebody_does(
    shop: Shop, one: Web, page: Page
) -> None:
    waiting = page.wait(one)
    one.until_held(1)
    shop.change_unpublished(page)
    shop.cut_listeners()

    assert waiting.answer().status == 200


def test_a_lost_connection_is_made_again_however_often(shop: Shop, one: Web, page: Page) -> None:
    waiting = page.wait(one)
    one.until_held(1)
    for _ in range(4):
        wait_for(lambda: shop.cut_listeners() > 0, "a listener to cut")
    one.until_held(1)
    shop.pay(page, one)

    assert waiting.answer().status == 200


def test_who_waits_does_not_notice_that_the_database_cut_every_connection(
    shop: Shop, one: Web, page: Page
) -> None:
    waiting = [page.wait(one) for _ in range(12)]
    one.until_held(12)

    shop.cut_everybody()
    shop.pay(page, at=one)

    assert {request.answer().status for request in waiting} == {200}


def test_clients_that_never_finish_their_requests_keep_nobody_from_the_shop(one: Web, page: Page) -> None:
    slow = [socket.create_connection(("127.0.0.1", one.port)) for _ in range(40)]
    for client in slow:
        client.sendall(b"POST /api/webhook/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")

    assert page.ask(one).status == 200

    for client in slow:
        client.close()


def test_a_held_request_takes_no_thread_and_no_database_connection(shop: Shop, one: Web, page: Page) -> None:
    for _ in range(200):
        page.wait(one)
    one.until_held(200)

    assert one.threads < 2 * THREADS
    assert len(shop.backends()) <= 2 * (THREADS + 1)
    assert {state for (state,) in shop.backends()} == {"idle"}


def test_who_goes_is_forgotten_at_once_and_leaves_no_memory_behind(one: Web, page: Page) -> None:
    def come_and_go() -> int:
        requests = [page.wait(one) for _ in range(200)]
        one.until_held(200)
        for request in requests:
            request.vanish()
        one.until_held(0)
        return one.memory

    come_and_go()
    sizes = [come_and_go() for _ in range(6)]

    # If they stayed, the last three rounds would have 8 MB more than the first three.
    assert min(sizes[3:]) - min(sizes[:3]) < 3_000_000


def test_who_goes_while_the_view_is_asked_is_forgotten_too(one: Web, page: Page) -> None:
    for _ in range(50):
        page.wait(one).vanish()

    one.until_held(0)
    assert page.ask(one).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_told_to_stop_answers_who_waits_and_goes(
    shop: Shop, one: Web, page: Page, number: signal.Signals
) -> None:
    name = f"stopped-by-{number.name}"
    stopped = shop.open(name)
    elsewhere = page.wait(one)
    waiting = [page.wait(stopped) for _ in range(20)]
    one.until_held(1)
    stopped.until_held(20)
    stopped.process.send_signal(number)
    statuses = [request.answer().status for request in waiting]
    wait_for(lambda: stopped.process.poll() is not None, "the end of the process")
    shop.processes.stop(name)

    assert statuses == [304] * 20
    assert stopped.process.returncode in (0, -number)
    assert "Traceback" not in (shop.logs / f"{name}.log").read_text()
    assert one.held == 1
    shop.pay(page, one)
    assert elsewhere.answer().status == 200


def test_under_plain_wsgi_nobody_is_held(shop: Shop, page: Page) -> None:
    def wsgi(port: int) -> list[str]:
        return ["uvicorn", "config.wsgi:application", "--interface", "wsgi", "--port", str(port)]

    polled = shop.open("wsgi", command=wsgi)

    assert page.ask(polled, If_None_Match=page.etag, Prefer="wait=30").status == 304
    assert page.ask(polled).status == 200


def test_who_pipelines_gets_both_answers_in_order(shop: Shop, one: Web, page: Page) -> None:
    common = "HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    held = f"GET {page.url} {common}Prefer: wait=30\r\nIf-None-Match: {page.etag}\r\n\r\n"
    plain = f"GET /healthz {common}Connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", one.port), timeout=TOO_LONG) as connection:
        connection.sendall((held + plain).encode())
        one.until_held(1)
        shop.pay(page, one)
        with connection.makefile("rb") as answers:
            received = answers.read().decode()

    assert re.findall(r"HTTP/1.1 (\d+)", received) == ["200", "200"]
    assert received.endswith("ok")
