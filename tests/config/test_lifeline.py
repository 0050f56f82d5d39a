"""What is killed leaves nothing running: no sandbox, web process, worker, browser or PostgreSQL."""

import sys
from pathlib import Path

import psutil
import pytest

from tests.browser.support.chromium import MISSING
from tests.support.paths import ROOT
from tests.support.patience import wait_for
from tests.support.postgres.databases import connect, databases, drop_forgotten

RUN = ["pytest", "-n", "0", "-p", "no:cacheprovider", "tests/browser/test_languages.py"]
PARTS = ("sandbox", "uvicorn", "procrastinate", "chrom")
POSTGRES = """
import sys, time
from pathlib import Path
from tests.crash.postgres import OwnPostgres
with OwnPostgres(Path(sys.argv[1])):
    time.sleep(600)
"""


def start(*command: str, log: Path) -> psutil.Popen:
    with log.open("wb") as output:
        return psutil.Popen([sys.executable, *command], cwd=ROOT, stdout=output, stderr=output)


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_test_run_leaves_nothing_behind(tmp_path: Path) -> None:
    run = start("-m", *RUN, "--basetemp", str(tmp_path / "run"), log=tmp_path / "log")

    def everything_runs() -> bool:
        commands = [command_of(child) for child in run.children(recursive=True)]
        return all(any(part in command for command in commands) for part in PARTS)

    wait_for(lambda: run.poll() is not None or everything_runs(), "a test run")
    if run.poll() == 0:
        pytest.skip(MISSING)
    children = run.children(recursive=True)
    run.kill()
    run.wait()

    wait_for(lambda: not any(map(lives, children)), "nothing is left")
    with connect() as connection:
        drop_forgotten(connection)
        assert [name for name in databases(connection, "shop") if f"_{run.pid}_" in name] == []


def test_a_postgresql_of_its_own_ends_as_well(open_folder: Path, tmp_path: Path) -> None:
    data = open_folder / "postgres"
    run = start("-c", POSTGRES, str(data), log=tmp_path / "log")

    def servers() -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if f"-D {data}" in command_of(process)]

    wait_for(lambda: [child for child in run.children() if "keeper" in command_of(child)], "a keeper")
    started = servers()
    run.kill()
    run.wait()

    assert started
    wait_for(lambda: not servers(), "it has ended")
