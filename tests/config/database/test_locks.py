"""A row or a table that stays locked stops only those who need it, and these are told when to come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.support.patience import wait_for
from tests.support.postgres.databases import own_database
from tests.support.sandbox import Sandbox, encode
from tests.waiting.test_server import Answer, Request, Shop, Web

THREADS = 16  # of a web process, and one more for those who watch it
CROWD = 4  # of these, for checkouts
BUYERS = 20
# Another event like the demo's, with one seat.
OTHER = """
    INSERT INTO bookings_event SELECT (jsonb_populate_record(event, '{"id": 900, "slug": "other"}')).*
      FROM bookings_event AS event WHERE slug = 'demo-night';
    INSERT INTO bookings_seat SELECT (jsonb_populate_record(seat, '{"id": 90000, "event_id": 900}')).*
      FROM bookings_seat AS seat WHERE label = 'A-1' AND event_id <> 900;
"""
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    sandbox.post("/reset")  # Another test's faults may be left.
    with own_database() as url:
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "DATABASE_LISTEN_URL": "",
            "DATABASE_LOCK_SECONDS": "1",
            "STRIPE_API_BASE": sandbox.url,
        }
        shop = Shop(url, sandbox, env, tmp_path_factory.mktemp("locks"))
        with shop.processes:
            yield shop


@pytest.fixture(scope="module")
def web(shop: Shop) -> Web:
    shop.run(OTHER)
    return shop.open("web")


@pytest.fixture(autouse=True)
def _nobody_is_left(web: Web) -> Iterator[None]:
    yield
    web.forget_requests()


@contextmanager
def locked(shop: Shop, statement: str) -> Iterator[None]:
    """Let somebody run ``statement`` in a transaction that doesn't end during the block."""
    with psycopg.connect(shop.database_url) as somebody:
        somebody.execute(statement.encode())
        yield
        somebody.rollback()


def until_waiting(shop: Shop, number: int) -> None:
    wait_for(lambda: len(shop.run(WAITING)) == number, f"{number} wait for a lock")


def buy(web: Web, event: str, buyer: int = 0) -> Request:
    order = {"event": event, "seats": ["A-1"], "name": "Ada", "email": f"ada-{buyer}@example.com"}
    headers: Any = {"Content_Type": "application/json", "X_Forwarded_For": f"10.0.0.{buyer + 1}"}
    return web.send("POST", "/api/checkout", encode(order), **headers)


def is_polite(answer: Answer) -> bool:
    return answer.status == 503 and answer.headers["retry-after"] == "5"


def watched(web: Web) -> list[int]:
    """Ask as a load balancer and Prometheus do: by an address that isn't one of ALLOWED_HOSTS."""
    paths = ("/healthz", "/readyz", "/metrics")
    return [web.ask("GET", path, Host=f"10.0.0.5:{web.port}").status for path in paths]


def test_who_waits_for_their_turn_is_told_as_soon(shop: Shop, web: Web) -> None:
    turn = "SELECT pg_advisory_xact_lock(hashtextextended('hold:email:ada-0@example.com', 0))"
    with locked(shop, turn):
        answer = buy(web, "demo-night").answer()

    assert is_polite(answer)
    assert b"Another buyer is choosing these seats" in answer.body


def test_a_locked_seat_stops_nobody_but_its_buyers(shop: Shop, web: Web) -> None:
    with locked(shop, "SELECT FROM bookings_seat WHERE label = 'A-1' AND event_id <> 900 FOR UPDATE"):
        buyers = [buy(web, "demo-night", number) for number in range(BUYERS)]
        until_waiting(shop, CROWD)

        assert watched(web) == [200, 200, 200]
        assert web.ask("GET", "/events/demo-night/").status == 200
        assert web.ask("GET", "/api/payment-status?session_id=cs_unknown").status == 404
        until_waiting(shop, CROWD)  # They do still.
        assert buy(web, "other").answer().status == 201
        answers = [buyer.answer() for buyer in buyers]

    assert all(is_polite(answer) for answer in answers)
    assert all(b"Another buyer is choosing these seats" in answer.body for answer in answers)
    assert shop.run("SELECT 1 FROM bookings_booking WHERE event_id <> 900") == []
    assert buy(web, "demo-night").answer().status == 201


def test_a_locked_table_leaves_the_watchers_their_answer(shop: Shop, web: Web) -> None:
    with locked(shop, "LOCK TABLE bookings_event, payments_payment IN ACCESS EXCLUSIVE MODE"):
        visitors = [web.send("GET", f"/?{number}") for number in range(THREADS)]
        until_waiting(shop, THREADS)

        ready = web.send("GET", "/readyz")
        assert web.ask("GET", "/healthz").status == 200
        assert ready.answer().body == (
            b'{"ready": true, "database": "slow", "unapplied_migrations": 0, "warnings": []}'
        )
        answers = [visitor.answer() for visitor in visitors]

    assert all(is_polite(answer) for answer in answers)
    assert "We’ll be right back".encode() in answers[0].body
    assert web.ask("GET", "/").status == 200


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_strangers_still_need_one_of_the_shops_names(web: Web, path: str) -> None:
    assert web.ask("GET", path, Host="10.0.0.5", X_Forwarded_For="203.0.113.7").status == 400
