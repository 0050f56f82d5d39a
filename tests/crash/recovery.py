"""Let time pass after the last purchase, so that everything can recover."""

from contextlib import suppress

import httpx
import psycopg
from psycopg import sql

from tests.crash.stack import Stack
from tests.support.patience import wait_for

HOUR = 3_600  # s
MAX_HOURS = 4  # until everything must be finished
STAMPS = """
    SELECT table_name, array_agg(column_name::text) AS columns
      FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
     GROUP BY table_name
"""
# Bookings, payments, refunds, events and jobs that aren't finished. Open disputes depend on the bank, and
# periodic jobs never end, so they don't count.
UNFINISHED = """
    SELECT 'held booking' AS what, reference AS which FROM bookings_booking WHERE status = 'held'
    UNION ALL SELECT status || ' payment', reference FROM payments_payment
        WHERE status IN ('pending', 'processing', 'refund_due')
    UNION ALL SELECT status || ' refund', reference FROM payments_refund
        WHERE status IN ('due', 'pending', 'requires_action')
    UNION ALL SELECT outcome || ' event', event_id FROM payments_stripeevent
        WHERE outcome IN ('received', 'failed')
    UNION ALL SELECT status || ' job', task_name || args::text FROM procrastinate_jobs
        WHERE task_name NOT IN (SELECT task_name FROM procrastinate_periodic_defers)
"""
JOBS = """
    SELECT id FROM procrastinate_jobs
     WHERE status IN ('todo', 'doing') AND coalesce(scheduled_at, now()) <= now()
       AND task_name NOT IN (SELECT task_name FROM procrastinate_periodic_defers)
"""


def let_it_recover(stack: Stack) -> int:
    """
    Let hours pass, with the reconciler and the worker running, until nothing is unfinished.

    Return how many hours that took, ``MAX_HOURS`` at most. The verdict reports what is unfinished then.
    """
    wait_for(stack.is_up, "the shop is up again")
    hours = 0
    while hours < MAX_HOURS:
        hours += 1
        let_stripe_deliver(stack)
        # Stopped properly, because its heartbeat would look outdated after the jump in time.
        for worker in stack.workers:
            stack.supervisor.stop(worker)
        pass_an_hour(stack.postgres.url)
        status, _words = stack.command("reconcile", "--rate", "200")
        for worker in stack.workers:
            stack.supervisor.start(worker)
        with suppress(AssertionError):  # The verdict reports the jobs that are left.
            wait_for(lambda: not stack.postgres.rows(JOBS), "the worker has done its jobs")
        if status == 0 and not stack.postgres.rows(UNFINISHED):
            break
    return hours


def let_stripe_deliver(stack: Stack) -> None:
    """Move the sandbox's clock by an hour, which ends sessions and debits, and deliver all events."""
    with httpx.Client(base_url=f"{stack.stripe}/_sandbox", timeout=90) as control:
        control.post("/clock", json={"seconds": HOUR}).raise_for_status()
        is_delivered = False
        while not is_delivered:
            told = control.get("/deliveries", params={"wait": 60}).raise_for_status().json()["deliveries"]
            is_delivered = all(delivery["state"] != "pending" for delivery in told)
            control.post("/clock", json={"seconds": 20}).raise_for_status()


def pass_an_hour(database: str) -> None:
    """Move all timestamps in the database back by an hour, as if the shop's clock had moved on."""
    with psycopg.connect(database) as connection:
        for table, columns in connection.execute(STAMPS).fetchall():
            older = [
                sql.SQL("{0} = {0} - interval '1 hour'").format(sql.Identifier(column)) for column in columns
            ]
            connection.execute(
                sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), sql.SQL(", ").join(older))
            )
        connection.execute(
            "UPDATE procrastinate_periodic_defers SET defer_timestamp = defer_timestamp - %s", [HOUR]
        )
