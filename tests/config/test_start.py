"""What a web process brings along when it starts: no more than its first answers need."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.postgres.databases import own_database

# Each costs megabytes and some hundredths of a second, for what most processes never do.
DOCUMENTS = {"reportlab", "uharfbuzz", "bidi", "icalendar", "qrcode", "PIL"}
RARELY_NEEDED = DOCUMENTS | {"jsonschema", "sandbox"}
STRIPES_MODULES = 100  # at most; all of them would be 1,500

# Answers one status request as a web process does, and tells what is loaded then.
ANSWER = """
import asyncio, gc, json, sys
from datetime import timedelta

from config.asgi import application

at_start = [*sys.modules]

from django.utils import timezone
from bookings.models import Event
from payments.models import Payment

def make_payment():
    until = timezone.now() + timedelta(minutes=30)
    booking = Event.objects.get().bookings.create(name="Ada", email="ada@example.com", held_until=until)
    Payment.objects.create(booking=booking, session_id="cs_1", amount=4200, currency="eur", expires_at=until)

async def answer():
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    await application({
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/api/payment-status", "raw_path": b"/api/payment-status", "query_string": b"session_id=cs_1",
        "root_path": "", "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }, receive, send)
    return sent[0]["status"]

make_payment()
told = {"at_start": at_start, "status": asyncio.run(answer()), "modules": [*sys.modules]}
print(json.dumps({**told, "frozen": gc.get_freeze_count(), "collects": gc.isenabled()}))
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    """What a new process tells once it has answered a status request."""
    with own_database() as database:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database}
        answered = subprocess.run([sys.executable, "-c", ANSWER], cwd=ROOT, env=env, capture_output=True)
        assert answered.returncode == 0, answered.stderr.decode()
        yield json.loads(answered.stdout)


def test_what_is_rarely_needed_is_not_loaded(started: Any) -> None:
    packages = {name.partition(".")[0] for name in started["modules"]}

    assert started["status"] == 200
    assert {"django", "stripe", "psycopg"} <= packages
    assert packages & RARELY_NEEDED == set()


def test_of_stripes_library_only_what_is_used_is_loaded(started: Any) -> None:
    assert sum(name.startswith("stripe.") for name in started["modules"]) <= STRIPES_MODULES


def test_all_views_are_loaded_before_the_first_request_and_no_garbage_is_sought_among_them(
    started: Any,
) -> None:
    assert "payments.web.api" in started["at_start"]
    assert started["frozen"] > 100_000
    assert started["collects"]


def test_a_command_seeks_no_garbage_among_what_it_starts_with() -> None:
    told = "import gc; print(gc.get_freeze_count() > 100_000, gc.isenabled())"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", told]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "DEBUG": "1"}, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("True True\n", "")
