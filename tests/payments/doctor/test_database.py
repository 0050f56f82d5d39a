"""PostgreSQL's own log: what people typed is not in it, and the doctor says so where it would be."""

import re
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.dev import embedded
from payments.doctor.database import DISCREET, examine_log
from tests.support.paths import ROOT
from tests.support.postgres.databases import DATA, connect

TALKATIVE = {"log_min_error_statement": "error", "log_error_verbosity": "default"}


def logged(marker: str, settings: dict[str, str]) -> str:
    """Store an address twice with these settings, as Django would, and return what the server wrote of it."""
    log = Path(DATA / "log")
    before = log.stat().st_size
    with connect() as own, psycopg.ClientCursor(own) as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
        cursor.execute("CREATE TEMP TABLE typed (email text UNIQUE)")
        cursor.execute("INSERT INTO typed VALUES (%s)", [f"{marker}@example.com"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            cursor.execute("INSERT INTO typed VALUES (%s)", [f"{marker}@example.com"])
    with log.open("rb") as file:
        file.seek(before)
        return file.read().decode(errors="replace")


@pytest.mark.skipif(not (DATA / "log").exists(), reason="The server is another one.")
def test_an_error_is_logged_without_what_was_typed() -> None:
    assert "talkative@example.com" in logged("talkative", TALKATIVE)

    written = logged("discreet", embedded.DISCREET)

    assert "typed_email_key" in written
    assert "discreet@example.com" not in written


@pytest.mark.parametrize("file", ["primary", "standby"])
def test_the_files_for_servers_have_the_settings(file: str) -> None:
    lines = (ROOT / "deploy" / "postgresql" / f"{file}.conf").read_text()
    found = dict(re.findall(r"^(log_\w+) = (\S+)$", lines, re.MULTILINE))

    assert {name for name, values in DISCREET.items() if found[name] in values} == set(DISCREET)


def test_the_doctor_names_the_settings_that_write_too_much(db: None) -> None:
    assert list(examine_log()) == []
    with connection.cursor() as cursor:
        for name, value in TALKATIVE.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])

    (finding,) = examine_log()

    assert "log_error_verbosity = default, log_min_error_statement = error" in finding.words
