"""A worker that is killed while it writes to ticket holders: the next goes on, and nobody reads it twice."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from bookings.announcements import sending
from bookings.models import Event
from tests.bookings.announcements.ticket_holders import sell
from tests.support.paths import ROOT
from tests.support.postgres.databases import address_of
from tests.support.smtp.server import MailServer, running
from tests.support.staff import make_user
from tests.support.worker import work

ADA, BOB, CY = (f"{name}@example.com" for name in ("ada", "bob", "cy"))
WORK = "import django; django.setup(); from bookings.announcements import sending; sending.work_on({})"

pytestmark = pytest.mark.django_db(transaction=True)


def begin(announcement: int, settings: Any) -> "subprocess.Popen[bytes]":
    """Send in another process, as a worker does."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": address_of(connection.settings_dict["NAME"]),
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    }
    return subprocess.Popen([sys.executable, "-c", WORK.format(announcement)], cwd=ROOT, env=env)


def test_a_killed_worker_has_written_to_nobody_twice(event: Event, settings: Any) -> None:
    """It is killed when the mail server has taken the second copy, before it hears of that."""
    for number, email in enumerate((ADA, BOB, CY), 1):
        sell(event, f"A-{number}", email)
    author = make_user("Box office")
    with running(MailServer(), settings) as server:
        words = {"subject": "Doors at 7", "text": "Please come by tram.", "form_id": "form"}
        announcement = sending.start(event, author=author, **words)
        server.says_to_data[BOB] = [MailServer.STRIKE]
        worker = begin(announcement.pk, settings)
        server.struck = lambda: os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL

        work("send_announcement")

    assert server.recipients == [ADA, BOB, CY]
    assert dict(sending.progress(announcement)) == {"sent": 2, "unclear": 1}
    announcement.refresh_from_db()
    assert announcement.finished_at is not None
