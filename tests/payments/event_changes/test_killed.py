"""
An event with many bookings is called off while Stripe fails at times and the worker is killed repeatedly.

``BOOKINGS=500`` makes the long proof of it (``make calloff``).
"""

import os
import signal
from collections.abc import Iterator

import pytest

from config.dev.process_group import WORKER
from tests.support.patience import wait_for
from tests.support.postgres.databases import own_database
from tests.support.sandbox import Sandbox
from tests.waiting.test_server import Shop

BOOKINGS = int(os.environ.get("BOOKINGS", "16"))
KILLS = 4
# What a worker that was killed had begun is to be done again, and what failed is due at once.
RETRY = """
    UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, queueing_lock = NULL
     WHERE status = 'doing' AND task_name NOT LIKE 'config.%%'
"""
DUE = """
    UPDATE procrastinate_jobs SET scheduled_at = NULL
     WHERE status = 'todo' AND scheduled_at IS NOT NULL AND task_name NOT LIKE 'config.%%'
"""
DONE = """
    SELECT (SELECT count(*) FROM bookings_eventnotice)
         + (SELECT count(*) FROM payments_refund WHERE status = 'succeeded')
         + (SELECT count(*) FROM bookings_eventnotice WHERE mailed_at IS NOT NULL)
"""
MORE_SEATS = """
    INSERT INTO bookings_seat (event_id, row, number, label, price)
    SELECT id, 'Z', number, 'Z-' || number, 2000
      FROM bookings_event, generate_series(1, %s::int) AS number WHERE slug = 'demo-night'
"""


@pytest.fixture
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    sandbox.post("/reset")  # Another test's faults may be left.
    folder = tmp_path_factory.mktemp("killed")
    with own_database() as url:
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "DATABASE_LISTEN_URL": "",
            "STRIPE_API_BASE": sandbox.url,
            "HOLD_SHARE_CONFIRMED": "100",
            "EMAIL_URL": f"filemail:///{folder}/mails",
        }
        shop = Shop(url, sandbox, env, folder)
        with shop.processes:
            yield shop


def test_each_booking_is_refunded_once(shop: Shop) -> None:
    web = shop.open("web")
    shop.run(MORE_SEATS, str(BOOKINGS))
    for _number in range(BOOKINGS):
        page = shop.buy(web)
        shop.pay(page, web)
        shop.run("UPDATE customers_requestcount SET number = 0")  # An evening's customers, in a minute.
    shop.processes.run("cancel", "manage", "cancel_event", "demo-night", "--reason", "Our singer is ill.")

    for how in ("reset_before", "reset_after"):
        shop.stripe.fault("POST /v1/refunds", how, times=2)
    for kill in range(KILLS):
        before = done(shop)
        shop.processes.start("worker", *WORKER)
        wait_for(lambda: goes_on(shop, before), f"something is done after {kill} kills")  # noqa: B023
        shop.processes.stop("worker", number=signal.SIGKILL)
        shop.run(RETRY)
    shop.processes.start("worker", *WORKER)
    while (before := done(shop)) < 3 * BOOKINGS:
        wait_for(lambda: goes_on(shop, before), f"more than {before} steps are done")

    refunds = shop.stripe.objects("refund")
    assert len({refund["payment_intent"] for refund in refunds}) == len(refunds) == BOOKINGS
    prices = "SELECT sum(amount) FROM payments_payment WHERE status = 'refunded'"
    assert sum(refund["amount"] for refund in refunds) == int(shop.run(prices)[0][0])
    assert shop.run("SELECT id FROM bookings_ticket WHERE status <> 'void'") == []
    assert shop.run("SELECT id FROM bookings_seat WHERE booking_id IS NOT NULL") == []


def goes_on(shop: Shop, before: int) -> bool:
    """Return whether more than ``before`` steps are done, and let what failed be tried at once."""
    shop.run(DUE)
    return done(shop) > before


def done(shop: Shop) -> int:
    """Return how many steps are done: noticed, refunded, and told, of each booking."""
    return int(shop.run(DONE)[0][0])
