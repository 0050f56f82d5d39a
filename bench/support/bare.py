"""
The least that confirming can cost: what it writes, by psycopg alone.

As a process, ``python -m bench.support.bare URL FILE`` confirms the purchases in ``FILE`` by one connection.
It knows beforehand what there is to write, reads nothing, checks nothing, tells nobody, and its pictures are
drawn. Otherwise it writes what the shop writes, into the same tables: the evidence in a transaction of its
own, then the effects in another.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench.support.purchases import Purchase
from bookings.tickets.qr import draw_png

HEADERS = {"Stripe-Signature": f"t=1795000000,v1={'0' * 64}", "Content-Type": "application/json"}
EVIDENCE = """
    INSERT INTO payments_stripeevent
        (event_id, type, livemode, body, headers, outcome, deliveries, traceback, received_at, retry_at)
    VALUES (%s, 'checkout.session.completed', false, %s, %s, 'received', 1, '', now(),
            now() + interval '60 s')
    RETURNING id"""
PAYMENT = """
    UPDATE payments_payment SET status = 'succeeded', processed_at = now(), next_check_at = NULL, checks = 0,
        payment_intent_id = %s, amount_received = amount, currency_received = currency, stripe_state = 'paid'
    WHERE id = %s"""
BOOKING = """
    UPDATE bookings_booking SET status = 'confirmed', confirmed_at = now(), ticket_reference = %s
    WHERE id = %s"""
TICKETS = """
    INSERT INTO bookings_ticket
        (code, booking_id, seat_id, name, status, stopped_for, issued_at, qr_png, drawing_error)
    VALUES (%s, %s, %s, '', 'valid', '', now(), %s, ''), (%s, %s, %s, '', 'valid', '', now(), %s, '')"""
LOG = """
    INSERT INTO payments_transition (payment_id, from_status, to_status, cause, at)
    VALUES (%s, 'pending', 'succeeded', 'webhook', now())"""
MAIL = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'bookings.tasks.mail_tickets', 0, %s::text, NULL,
        %s::jsonb, NULL)::procrastinate_job_to_defer_v1])"""
DONE = """
    UPDATE payments_stripeevent SET outcome = 'applied', payment_id = %s, decided_at = now() WHERE id = %s"""


class Bare:
    """Processes that confirm ``purchases`` once they are told to, each over one connection."""

    def __init__(
        self, database_url: str, purchases: Sequence[Purchase], *, processes: int, folder: Path
    ) -> None:
        self._number = len(purchases)
        self._processes = [
            self._start(database_url, purchases[place::processes], folder / f"bare{place}.json")
            for place in range(processes)
        ]

    def _start(self, database_url: str, purchases: Sequence[Purchase], file: Path) -> subprocess.Popen[str]:
        known = [{**asdict(one), "body": one.body.decode()} for one in purchases]
        file.write_text(json.dumps(known))
        command = [sys.executable, "-m", "bench.support.bare", database_url, str(file)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    def rate(self) -> float:
        """Let them confirm, and return the payments confirmed per second."""
        began = time.perf_counter()
        for process in self._processes:
            assert process.stdin
            process.stdin.close()
        for process in self._processes:
            assert process.stdout
            process.stdout.read()
        seconds = time.perf_counter() - began
        assert [process.wait() for process in self._processes] == [0] * len(self._processes)
        return self._number / seconds


def main(database_url: str, file: str) -> None:
    purchases = json.loads(Path(file).read_text())
    picture = draw_png("A" * 136)
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT 1")
        connection.commit()
        print("ready", flush=True)
        sys.stdin.read()
        for purchase in purchases:
            confirm(connection, purchase, picture)
        print("done", flush=True)


def confirm(connection: psycopg.Connection, purchase: dict[str, Any], picture: bytes) -> None:
    payment, booking, (one, two) = purchase["payment_id"], purchase["booking_id"], purchase["seat_ids"]
    evidence = [purchase["event_id"], purchase["body"], Jsonb(HEADERS)]
    row = connection.execute(EVIDENCE, evidence).fetchone()
    assert row
    connection.commit()
    connection.execute(PAYMENT, [f"pi_bench{payment}", payment])
    connection.execute(BOOKING, [token_hex(4), booking])
    first, second = [token_hex(13), booking, one, picture], [token_hex(13), booking, two, picture]
    connection.execute(TICKETS, [*first, *second])
    connection.execute(LOG, [payment])
    connection.execute(MAIL, [f"mail:{booking}", Jsonb({"booking_id": booking})])
    connection.execute(DONE, [payment, row[0]])
    connection.commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
