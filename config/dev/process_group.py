"""Run several processes as a group that stops together."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from config.dev.lifeline import STOP_WITHIN, lifeline, tied

logger = logging.getLogger(__name__)

# A process that ends sooner can't run at all: its settings are wrong, or its port is in use.
SETTLED_AFTER = 10  # s
RESTART_PAUSE = 1  # s


class ProcessEnded(Exception):
    """One of the processes has ended unexpectedly."""


class Stopped(Exception):
    """A signal asked this process to stop."""


class StopSignals:
    """
    Record Ctrl-C, SIGTERM and SIGHUP in ``asked`` while the ``with`` block runs, instead of ending.

    The children run in sessions of their own, so the terminal's signals don't reach them. Use it in the main
    thread only.
    """

    def __init__(self, notice: str = "") -> None:
        self.asked = False
        self._notice = notice

    def __enter__(self) -> Self:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._former = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, former in self._former.items():
            # A second Ctrl-C must not interrupt the exit handlers, which stop the embedded database.
            signal.signal(number, signal.SIG_IGN if self.asked else former)

    def require_none(self) -> None:
        """Raise ``Stopped`` if a signal has come."""
        if self.asked:
            raise Stopped

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.asked:
            with suppress(OSError):  # The terminal may be gone.
                os.write(sys.stdout.fileno(), self._notice.encode())
        self.asked = True


class Processes:
    """
    A group of child processes that are stopped at the end of the ``with`` block, or with this process.

    With ``logs``, the output of each goes to a file of its name in that folder; else it is inherited. With
    ``signals``, waiting methods end as soon as a stop signal was recorded.
    """

    def __init__(
        self, env: Mapping[str, str], *, logs: Path | None = None, signals: StopSignals | None = None
    ) -> None:
        self._env = {**os.environ, **env}
        self._logs = logs
        self._signals = signals or StopSignals()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start ``python -m command …`` as the process ``name``, in a session that Ctrl-C doesn't reach."""
        self._commands[name] = command
        with (self._logs / f"{name}.log").open("ab") if self._logs else nullcontext() as output:
            self._running[name] = subprocess.Popen(  # noqa: S603
                tied(*command),
                pass_fds=[lifeline()],
                env=self._env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self._running[name]

    def run(self, name: str, *command: str) -> None:
        """Run ``python -m command …`` to its end; raise ``ProcessEnded`` if it fails, or ``Stopped``."""
        self._signals.require_none()
        process = self.start(name, *command)
        while process.poll() is None:
            self._signals.require_none()
            time.sleep(0.02)
        if process.returncode:
            self.require_all()
        del self._running[name]

    def stop(self, name: str, *, number: int = signal.SIGTERM) -> None:
        """Send a signal to the process ``name`` and wait for its end; kill it after ``STOP_WITHIN``."""
        process = self._running.pop(name)
        process.send_signal(number)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until ``is_ready`` returns True; raise ``ProcessEnded``, ``TimeoutError`` or ``Stopped``."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self._signals.require_none()
            self.require_all()
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not ready after {seconds:.0f} s.")
            time.sleep(0.05)

    def require_all(self) -> None:
        """Raise ``ProcessEnded``, with the end of the log, if any process has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProcessEnded(f"The {name} process has ended.\n{self._end_of_log(name)}")

    def run_until_signal(self) -> None:
        """Wait for a stop signal; raise ``ProcessEnded`` if a process ends first."""
        while not self._signals.asked:
            self.require_all()
            time.sleep(0.2)

    def restart_until_signal(self, *, settled_after: float = SETTLED_AFTER) -> None:
        """
        Wait for a stop signal and restart processes that end, as the worker does when it loses the database.

        Raise ``ProcessEnded`` if one ends within ``settled_after`` seconds.
        """
        settled_at = time.monotonic() + settled_after
        while not self._signals.asked:
            if time.monotonic() < settled_at:
                self.require_all()
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    logger.warning("The %s process has ended and is started again.", name)
                    self.start(name, *self._commands[name])
            time.sleep(RESTART_PAUSE)

    def _end_of_log(self, name: str) -> str:
        log = self._logs / f"{name}.log" if self._logs else None
        return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log else ""


def web(port: int, *, host: str = "127.0.0.1") -> Sequence[str]:
    """Return the command of the web process, the same as in the ``Procfile``."""
    # The proxy in front must be the one that closes idle connections, or it sends requests on closed ones.
    options = ["--no-proxy-headers", "--no-access-log", "--no-server-header", "--timeout-keep-alive", "75"]
    options += ["--http", "config.server.protocol:Protocol"]
    return ["uvicorn", "config.asgi:application", "--host", host, "--port", str(port), *options]


WORKER = ("manage", "procrastinate", "worker")


def is_free(port: int) -> bool:
    """Return whether a server could listen on ``port`` of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Return whether a server listens on ``port`` of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
