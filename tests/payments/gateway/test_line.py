"""The line in front of Stripe: one rate for the account, whoever asks."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from django.utils import timezone
from stripe import HTTPClient, RateLimitError

from config import settings as production
from payments.durations import ABANDONED_AFTER
from payments.gateway.checkout.session_params import SESSION_LIFE, SHORTEST_LIFE
from payments.gateway.client import stripe_client
from payments.gateway.errors import StripeBusy
from payments.gateway.transport.allowance import LONGEST_PAUSE, PATIENCE, push_back, wait_for_slot
from payments.gateway.transport.line import Line
from payments.gateway.transport.shared_line import SharedLine
from payments.gateway.transport.suspended import SuspendedRequests
from payments.models import StripeAllowance
from tests.support.sandbox import Sandbox
from tests.support.shop import KEY

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.STRIPE_WRITES_PER_SECOND = 10
    settings.STRIPE_LINE_SECONDS = 2


def with_lines(use: Any, *, count: int = 1) -> Any:
    """Call ``use`` with this many lines, each as a process has one, in an event loop."""

    async def run() -> Any:
        lines = [Line() for _ in range(count)]
        try:
            return await use(*lines)
        finally:
            for line in lines:
                await line.close()

    return asyncio.run(run())


async def turn(line: Line, *, seconds: float = 2) -> None:
    await line.turn(deadline=asyncio.get_running_loop().time() + seconds)


def test_all_processes_share_one_rate() -> None:
    async def reserve() -> list[int]:
        shared = [SharedLine(), SharedLine()]
        try:
            granted = [await each.reserve(15, most=2) for each in shared]
            return [reservation.granted for reservation in granted]
        finally:
            for each in shared:
                await each.close()

    first, second = asyncio.run(reserve())

    # The first may begin at once, and the last after 2 s, at 10 a second.
    assert (first, second) == (15, 6)
    with pytest.raises(StripeBusy):
        wait_for_slot(most=1.9)


def test_turns_come_in_the_order_of_the_line(settings: Any) -> None:
    settings.STRIPE_WRITES_PER_SECOND = 1000

    async def queue(line: Line) -> list[int]:
        order: list[int] = []

        async def customer(number: int) -> None:
            await turn(line)
            order.append(number)

        await asyncio.gather(*(customer(number) for number in range(100)))
        return order

    assert with_lines(queue) == list(range(100))


def test_who_comes_when_the_line_is_too_long_is_refused_and_nobody_else() -> None:
    async def queue(line: Line) -> list[Any]:
        turns = [asyncio.create_task(turn(line)) for _ in range(30)]
        _, waiting = await asyncio.wait(turns, return_when=asyncio.FIRST_EXCEPTION)
        for one in waiting:
            one.cancel()
        return [one.exception() if one.done() and not one.cancelled() else None for one in turns]

    refusals = with_lines(queue)

    assert [number for number, refusal in enumerate(refusals) if refusal] == list(range(21, 30))
    assert {type(refusal) for refusal in refusals[21:]} == {StripeBusy}
    assert {refusal.retry_after for refusal in refusals[21:]} == {1}


def test_the_line_says_that_it_is_full_before_anything_else_is_done() -> None:
    async def queue(line: Line) -> None:
        line.require_room()
        turns = [asyncio.create_task(turn(line)) for _ in range(30)]
        await asyncio.wait(turns, return_when=asyncio.FIRST_EXCEPTION)
        try:
            line.require_room()
        finally:
            for one in turns:
                one.cancel()

    with pytest.raises(StripeBusy):
        with_lines(queue)


def test_a_429_moves_the_slots_of_all_lines(settings: Any) -> None:
    settings.STRIPE_WRITES_PER_SECOND = 1
    settings.STRIPE_LINE_SECONDS = 100

    async def queue(line: Line, other: Line) -> tuple[list[float], list[float]]:
        turns = [asyncio.create_task(turn(each, seconds=100)) for each in (line, other) for _ in range(5)]
        while not (line._slots and other._slots):
            await asyncio.sleep(0.01)
        before = [*other._slots]
        await line.push_back(1)
        while other._slots and other._slots[-1] == before[-1]:
            await asyncio.sleep(0.01)
        after = [*other._slots]
        for one in turns:
            one.cancel()
        return before, after

    before, after = with_lines(queue, count=2)

    moved = [round(late - early, 1) for early, late in zip(before[::-1], after[::-1], strict=False)]
    assert set(moved) == {1.0}


def test_429s_of_requests_that_were_under_way_together_do_not_add_up() -> None:
    for _ in range(3):
        push_back(5)

    assert 5 <= StripeAllowance.objects.get().pushed_back < 6
    with pytest.raises(StripeBusy) as refused:
        wait_for_slot(most=4)
    assert refused.value.retry_after == 4


def test_when_the_clock_is_set_back_nobody_waits_until_it_has_caught_up(settings: Any) -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    wait_for_slot(most=1)
    StripeAllowance.objects.update(next_at=now + hour, paused_until=now + hour)
    wait_for_slot(most=0)
    StripeAllowance.objects.update(paused_until=now + hour)
    push_back(5)
    assert 4 < StripeAllowance.objects.get().pushed_back <= 5
    # The longest line that there can be is no mistake of a clock.
    longest = timedelta(seconds=PATIENCE * settings.STRIPE_LINE_SECONDS + LONGEST_PAUSE)
    StripeAllowance.objects.update(next_at=now + longest)
    with pytest.raises(StripeBusy):
        wait_for_slot(most=2)


def test_who_has_to_ask_again_has_stood_in_line_already(
    stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)
    stripe.fault("POST /v1/customers", "500_before", times=1)

    async def ask(requests: SuspendedRequests) -> None:
        customers = [send(requests, "post", f"{stripe.url}/v1/customers", key=key) for key in "abcdefghij"]
        assert await asyncio.gather(*customers) == [200] * 10

    with_requests(ask)

    names = [entry["headers"]["idempotency-key"] for entry in stripe.requests("POST /v1/customers")]
    assert (names[0], names[-1], len(names)) == ("a", "j", 11)


def with_requests(use: Any) -> None:
    async def run() -> None:
        requests = SuspendedRequests()
        try:
            await use(requests)
        finally:
            await requests.close()

    asyncio.run(run())


async def send(requests: SuspendedRequests, method: str, url: str, *, key: str = "") -> int:
    """Send a request as Stripe's library does, and return the reply's status."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    if key:
        headers["Idempotency-Key"] = key
    return (await requests.send(method, url, headers, f"name={key}" if key else None, 2))[1]


def test_who_may_not_read_so_often_stops_nobody_from_writing(stripe: Sandbox) -> None:
    StripeAllowance.objects.create(pk=1)
    stripe.fault("GET /v1/checkout/sessions", "429", times=2)

    async def ask(requests: SuspendedRequests) -> None:
        assert await send(requests, "get", f"{stripe.url}/v1/checkout/sessions") == 429

    with_requests(ask)
    with pytest.raises(RateLimitError):
        stripe_client().v1.checkout.sessions.list()

    assert StripeAllowance.objects.get().pushed_back == 0


def test_a_session_outlives_the_line_and_all_tries_by_what_stripe_demands() -> None:
    line = production.STRIPE_LINE_SECONDS
    tries = (1 + production.STRIPE_RETRIES) * (sum(production.STRIPE_TIMEOUT) + LONGEST_PAUSE)
    clock = 10  # s behind Stripe's

    assert timedelta(minutes=30, seconds=line + tries + clock) <= SESSION_LIFE
    assert timedelta(minutes=30, seconds=line + 10) < SHORTEST_LIFE < SESSION_LIFE
    assert timedelta(seconds=line + tries) < ABANDONED_AFTER


def test_one_who_was_answered_429_goes_first() -> None:
    async def queue(line: Line) -> list[str]:
        order: list[str] = []

        async def customer(name: str, *, is_first: bool = False) -> None:
            await line.turn(deadline=asyncio.get_running_loop().time() + 2, is_first=is_first)
            order.append(name)

        await customer("before")
        others = [asyncio.create_task(customer(name)) for name in ("a", "b")]
        await asyncio.sleep(0)
        await customer("again", is_first=True)
        await asyncio.gather(*others)
        return order

    assert with_lines(queue) == ["before", "again", "a", "b"]


@pytest.mark.parametrize(
    "change", ["SET default_transaction_read_only = on", "SELECT pg_terminate_backend(pg_backend_pid())"]
)
def test_after_a_failover_the_line_finds_the_server_that_takes_writes(change: str) -> None:
    async def reserve() -> int:
        shared = SharedLine()
        try:
            await shared.reserve(1, most=2)
            assert shared._connection
            with suppress(psycopg.OperationalError):
                await shared._connection.execute(change)
            return (await shared.reserve(1, most=2)).granted
        finally:
            await shared.close()

    assert asyncio.run(reserve()) == 1


def test_without_a_database_nobody_waits_for_a_turn(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = {"host": "127.0.0.1", "port": "1", "dbname": "nowhere"}
    monkeypatch.setattr("payments.gateway.transport.shared_line.connector_params", lambda: nowhere)

    with pytest.raises(StripeBusy):
        with_lines(turn)
