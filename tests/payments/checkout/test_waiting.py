"""Customers who wait for Stripe, in real web processes."""

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.payments.checkout.gate import Gate, gated
from tests.support.patience import wait_for
from tests.support.postgres.databases import own_database
from tests.support.sandbox import Sandbox, encode
from tests.waiting.test_server import THREADS, Answer, Request, Shop, Web

SESSIONS = "POST /v1/checkout/sessions"
CUSTOMERS = 50


@pytest.fixture(scope="module")
def gate(sandbox: Sandbox) -> Iterator[Gate]:
    with gated(sandbox.url) as gate:
        yield gate


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with own_database() as url:
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "DATABASE_LISTEN_URL": "",
            "STRIPE_API_BASE": gate.url,
            "STRIPE_WRITES_PER_SECOND": "1000",
            "HOLD_SHARE_CONFIRMED": "100",  # More than half of a small house is held at once.
        }
        shop = Shop(url, sandbox, env, tmp_path_factory.mktemp("line"))
        with shop.processes:
            yield shop


@pytest.fixture(scope="module")
def one(shop: Shop) -> Web:
    return shop.open("one")


@pytest.fixture(autouse=True)
def _afresh(shop: Shop, gate: Gate) -> Iterator[None]:
    shop.stripe.post("/reset")
    yield
    gate.is_open.set()
    shop.stripe.clear_faults()
    for web in shop.webs:
        web.forget_requests()
    shop.run("UPDATE bookings_seat SET booking_id = NULL")
    shop.run("UPDATE bookings_booking SET status = 'released', released_at = now() WHERE status = 'held'")
    shop.run("UPDATE payments_stripeallowance SET next_at = now()")


def order(at: Web, number: int = 0, *, key: str = "") -> Request:
    wish = {"event": "demo-night", "quantity": 1, "name": "Ada", "email": f"ada{number}@example.com"}
    headers = {"Idempotency_Key": key} if key else {}
    address = f"10.0.0.{number}"
    return at.send(
        "POST",
        "/api/checkout",
        encode(wish),
        Content_Type="application/json",
        X_Forwarded_For=address,
        **headers,
    )


def suspended(at: Web) -> int:
    metrics = at.ask("GET", "/metrics").body.decode()
    (gauge,) = re.findall(r"^admit_suspended_requests (\S+)$", metrics, re.MULTILINE)
    return int(float(gauge))


def until_suspended(at: Web, count: int) -> None:
    wait_for(lambda: suspended(at) == count, f"{count} customers who wait")


def body(answer: Answer) -> Any:
    return json.loads(answer.body)


def test_customers_who_wait_for_stripe_have_no_thread_and_no_connection(
    shop: Shop, one: Web, gate: Gate
) -> None:
    page = shop.buy(one)
    threads = one.threads
    gate.is_open.clear()
    orders = [order(one, number) for number in range(CUSTOMERS)]
    until_suspended(one, CUSTOMERS)

    assert one.threads - threads <= THREADS
    # Those of the pool, the one that listens, and that of the line.
    assert len(shop.backends()) <= THREADS + 2
    assert {state for (state,) in shop.backends()} == {"idle"}
    assert one.ask("GET", "/healthz").status == 200
    assert page.ask(one).status == 200
    shop.stripe.pay(page.session_id, card="4242424242424242")
    shop.deliver(page, one)

    gate.is_open.set()
    assert {sent.answer().status for sent in orders} == {201}
    assert len(shop.stripe.sessions()) == CUSTOMERS + 1


def test_a_purchase_that_is_sent_again_while_it_waits_asks_stripe_once(
    shop: Shop, one: Web, gate: Gate
) -> None:
    gate.is_open.clear()
    orders = [order(one, key="double") for _ in range(3)]
    until_suspended(one, 3)
    gate.is_open.set()
    answers = [sent.answer() for sent in orders]

    assert {answer.status for answer in answers} == {201}
    assert len({body(answer)["session_id"] for answer in answers}) == 1
    assert len(shop.stripe.requests(SESSIONS)) == 1


def test_a_429_makes_everybody_pause_and_the_customer_has_their_session_all_the_same(
    shop: Shop, one: Web
) -> None:
    shop.stripe.fault(SESSIONS, "429", times=2)

    answer = order(one).answer()

    assert answer.status == 201
    assert len(shop.stripe.requests(SESSIONS)) == 3
    ((pushed_back,),) = shop.run("SELECT pushed_back FROM payments_stripeallowance")
    assert pushed_back > 0


def test_reading_waits_for_nobody(shop: Shop, one: Web) -> None:
    page = shop.buy(one)
    shop.run("UPDATE payments_stripeallowance SET next_at = now() + interval '1 minute'")

    wish = encode({"session_id": page.session_id})
    verified = one.ask("POST", "/api/payment-status/verify", wish, Content_Type="application/json")

    assert (verified.status, body(verified)["checked_at"] is None) == (200, False)


def test_what_a_killed_process_leaves_is_what_its_customer_goes_on_with(
    shop: Shop, one: Web, gate: Gate
) -> None:
    two = shop.open("two")
    gate.is_open.clear()
    order(two, key="killed")
    until_suspended(two, 1)
    shop.processes.stop("two", number=signal.SIGKILL)
    two.forget_requests()
    shop.webs.remove(two)
    left = "SELECT status, session_id FROM payments_payment ORDER BY id DESC LIMIT 1"
    assert shop.run(left) == [("pending", None)]

    gate.is_open.set()
    again = order(one, key="killed").answer()

    assert again.status == 201
    assert shop.run(left) == [("pending", body(again)["session_id"])]
    assert len(shop.stripe.sessions()) == 1


# Afterwards the process turns customers away for a moment, so this comes last.
def test_who_would_wait_too_long_is_told_when_to_come_back_and_holds_no_seat(shop: Shop, one: Web) -> None:
    order(one).answer()
    held = "SELECT count(*) FROM bookings_seat WHERE booking_id IS NOT NULL"
    before = shop.run(held)
    shop.run("UPDATE payments_stripeallowance SET next_at = now() + interval '1 minute'")

    refused = order(one, 1).answer()

    assert (refused.status, body(refused)["error"]["code"]) == (503, "stripe_unavailable")
    # In as many seconds, half a line is left.
    assert 45 <= int(refused.headers["retry-after"]) <= 50
    assert shop.run(held) == before
    assert len(shop.stripe.sessions()) == 1
    newest = "SELECT status FROM payments_payment ORDER BY id DESC LIMIT 1"
    assert shop.run(newest) == [("failed",)]
