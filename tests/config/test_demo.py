"""The demo, run as its reader runs it, in a folder of its own."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psutil
import pytest

from config.dev import embedded
from config.dev.demo import INTRODUCTION, environment, load_or_create_secret, local_time_zone
from config.dev.lifeline import lifeline, tied
from config.dev.process_group import ProcessEnded, Processes, Stopped, StopSignals, answers
from tests.support.paths import ROOT
from tests.support.patience import PATIENCE, wait_for
from tests.support.ports import free_port

LOOK_EVERY = 0.1  # s; to look at all processes takes a tenth of that
STEP = r"  (\d) of 5  .+\n"  # a line of the progress
# What a shell may have set for another project, and what would stop this one.
SHELL = {"TIME_ZONE": "Nowhere/Land", "CORS_ALLOWED_ORIGINS": "nowhere", "TRUSTED_PROXIES": "nobody"}


class Demo:
    """A demo that is running or about to."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, stripe_port = free_port(), free_port()
        ports = ["--port", str(self.port), "--sandbox-port", str(stripe_port)]
        self.output = home.parent / "output"
        with self.output.open("wb") as output:
            self.process = psutil.Popen(
                tied("config.dev.demo", "--home", str(home), *ports),
                pass_fds=[lifeline()],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **SHELL},
                stdout=output,
                stderr=output,
            )

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 3 * PATIENCE  # All tables are made, beside whatever else runs
        while not is_so():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(LOOK_EVERY)

    def runs(self, word: str) -> bool:
        """Whether a process with this word in its command has been started."""
        return any(word in psutil_command(child) for child in self.process.children(recursive=True))

    def stop(self, number: int) -> list[psutil.Process]:
        """Send a signal, wait for the end and return the processes that are left, the database's included."""
        started = self.process.children(recursive=True)
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        mine = [process for process in psutil.process_iter() if str(self.home) in psutil_command(process)]
        return [process for process in started if process.is_running()] + mine

    def password(self) -> str:
        """Return the password of ``admin`` once the demo has printed it."""
        self.until(lambda: "Ctrl-C stops everything." in self.output.read_text())
        return re.findall(r"password (\S+)", self.output.read_text())[0]


def psutil_command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # It has just ended.
        return ""


@contextmanager
def running(home: Path) -> Iterator[Demo]:
    demo = Demo(home)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.stop(signal.SIGTERM)


def examine(demo: Demo) -> tuple[int, str, str]:
    """Run ``stripe_doctor`` with its settings; return the exit status, the last line and stderr."""
    (stripe,) = re.findall(r"Sandbox +(\S+)/ ", demo.output.read_text())
    places = [str(demo.home), f"http://127.0.0.1:{demo.port}", stripe]
    done = subprocess.run(
        [sys.executable, "-c", EXAMINE, *places],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout.splitlines()[-1], done.stderr


def signs_in(demo: Demo, password: str) -> bool:
    with httpx.Client(base_url=f"http://127.0.0.1:{demo.port}") as client:
        client.get("/admin/login/")
        form = {"username": "admin", "password": password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.post("/admin/login/?next=/admin/", data=form)
        return client.get("/admin/").status_code == 200


@pytest.fixture(scope="module")
def home(open_folder: Path) -> Path:
    # A plus sign in the query of an address is a space, unless it is quoted.
    return open_folder / "home+1"


EXAMINE = """
import os, sys
from pathlib import Path
from config.dev import embedded
from config.dev.demo import environment
home, site, stripe = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
database = embedded.database_url(data=home / "postgres")
os.environ.update(environment(home, site=site, stripe=stripe, database=database))
import django
from django.core.management import call_command
django.setup()
call_command("stripe_doctor")
"""


@pytest.mark.parametrize(
    ("moment", "number"),
    [("initdb", signal.SIGTERM), ("migrate", signal.SIGINT), ("uvicorn", signal.SIGHUP)],
)
def test_a_signal_while_the_demo_starts_leaves_nothing_behind(
    home: Path, moment: str, number: signal.Signals
) -> None:
    with running(home) as demo:
        demo.until(lambda: demo.runs(moment))
        left = demo.stop(number)

    assert (demo.process.returncode, left) == (0, [])
    assert re.sub(STEP, "", demo.output.read_text()) == INTRODUCTION + "\nStopping.\n"


def test_the_demo_is_set_up_and_its_password_is_right_whatever_was_lost(home: Path) -> None:
    for lost in ("secret-key", "staff-password"):
        (home / lost).unlink(missing_ok=True)
        with running(home) as demo:
            password = demo.password()
            if lost == "secret-key":
                assert examine(demo) == (0, "16 checks, 0 faults, 0 warnings.", "")
            assert signs_in(demo, password)
            assert not signs_in(demo, password[:-1])
            assert demo.stop(signal.SIGINT) == []
        assert demo.process.returncode == 0
        said = demo.output.read_text()
        assert list(dict.fromkeys(re.findall(STEP, said))) == ["1", "2", "3", "4", "5"]
        assert re.findall(r"(\w+) +http://127\.0\.0\.1:\d+/", said) == [
            *("Shop", "Membership", "office", "Door", "Staff", "Sandbox", "Mails")
        ]
        assert said.endswith("What you do is kept for the next time.\n\nStopping.\n")


def test_a_folder_that_postgresql_cannot_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "a b"
    command = [sys.executable, "-m", "config.dev.demo", "--home", str(home), "--port", str(free_port())]
    done = subprocess.run(
        [*command, "--sandbox-port", str(free_port())], cwd=ROOT, capture_output=True, text=True
    )

    assert (done.returncode, re.sub(STEP, "", done.stdout)) == (1, INTRODUCTION)
    assert done.stderr == (
        f"The demo has stopped. The embedded PostgreSQL can't live in {home}/postgres: choose a folder whose "
        "path has only letters, digits and the characters . _ - + @ /.\n"
    )


@pytest.mark.parametrize(
    "checkout", ["/srv/My Shop", "/srv/a,b", "/srv/$(b)", "/srv/a'b", '/srv/a"b', "/srv/a%b"]
)
def test_a_checkout_that_postgresql_cannot_use_keeps_its_demo_elsewhere(checkout: str) -> None:
    home = embedded.home(Path(checkout))

    assert home.parent == Path.home() / ".local" / "share"
    assert re.fullmatch(r"admit-[0-9a-f]{10}", home.name)


@pytest.mark.parametrize("checkout", ["/srv/admit", "/home/jürgen/src/admit-1.2+b@c"])
def test_any_other_checkout_keeps_its_demo_inside(checkout: str) -> None:
    assert embedded.home(Path(checkout)) == Path(checkout) / ".demo"


def test_the_demo_decides_every_setting(tmp_path: Path) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = {line.split("=")[0] for line in lines if "=" in line and not line.startswith("#")}

    env = environment(tmp_path, site="http://127.0.0.1:1", stripe="http://127.0.0.1:2", database="x")

    assert set(env) == names | {"DJANGO_SETTINGS_MODULE"}


def test_a_secret_is_private_and_stays_the_same(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    first = load_or_create_secret(file)

    assert load_or_create_secret(file) == first
    assert re.fullmatch(r"[\w-]{43}=", first)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_an_empty_secret_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()

    assert len(load_or_create_secret(tmp_path / "secret")) == 44


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("/var/db/timezone/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Nowhere/Land", ""),
        ("/etc/zone", ""),
    ],
)
def test_the_demos_clock_is_the_machines(tmp_path: Path, target: str, name: str) -> None:
    link = tmp_path / "localtime"
    link.symlink_to(target)

    assert local_time_zone(link) == name


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let SIGINT interrupt, as in a terminal; a process in the background ignores it."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("ctrl_c")
def test_without_stop_signals_ctrl_c_interrupts_as_ever() -> None:
    with Processes({}) as processes:
        server = processes.start("http", "http.server", str(free_port()))
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert server.poll() is not None


@pytest.fixture
def handlers() -> Iterator[dict[int, Any]]:
    """The handlers of the signals that ask to stop, put back in the end."""
    former: dict[int, Any] = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield former
    for number, handler in former.items():
        signal.signal(number, handler)


def test_a_noted_signal_ends_every_wait(handlers: dict[int, Any]) -> None:
    with StopSignals() as signals, Processes({}, signals=signals) as processes:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Stopped):
            processes.wait_until(lambda: False, seconds=5)
        with pytest.raises(Stopped):
            processes.run("http", "http.server", str(free_port()))
        processes.run_until_signal()

    assert {signal.getsignal(number) for number in handlers} == {signal.SIG_IGN}


def test_signals_that_never_came_do_again_what_they_did(handlers: dict[int, Any]) -> None:
    with StopSignals():
        assert all(signal.getsignal(number) != handler for number, handler in handlers.items())

    assert {number: signal.getsignal(number) for number in handlers} == handlers


def test_what_ends_after_a_while_is_started_again(handlers: dict[int, Any]) -> None:
    port = free_port()

    def stop_once_it_answers() -> None:
        try:
            wait_for(lambda: answers(port), "an answer")
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with StopSignals() as signals, Processes({}, signals=signals) as processes:
        first = processes.start("http", "http.server", str(port))
        first.kill()
        first.wait()
        Thread(target=stop_once_it_answers).start()
        processes.restart_until_signal(settled_after=0)

        assert answers(port)


def test_what_ends_at_once_is_not_started_again() -> None:
    with Processes({}) as processes:
        processes.start("http", "http.server", "no port")
        with pytest.raises(ProcessEnded, match="http"):
            processes.restart_until_signal()
