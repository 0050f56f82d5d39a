"""Running several processes together: all start, and when one ends or a signal comes, all stop."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_WITHIN = 15  # s, then they are killed


class ProcessEnded(Exception):
    """One of the processes has ended by itself."""


class Processes:
    """
    A group of child processes that lives as long as the ``with`` block.

    With ``logs``, what each writes goes to a file of its name there; else to where this process writes.
    """

    def __init__(self, env: Mapping[str, str], *, logs: Path | None = None) -> None:
        self._env = {**os.environ, **env}
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start ``python -m command …`` as the process ``name``; it doesn't see this terminal's Ctrl-C."""
        with (self._logs / f"{name}.log").open("ab") if self._logs else nullcontext() as output:
            self._running[name] = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", *command],
                env=self._env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self._running[name]

    def stop(self, name: str, *, number: int = signal.SIGTERM) -> None:
        """Stop the process ``name`` and wait until it is gone."""
        process = self._running.pop(name)
        process.send_signal(number)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait for ``is_ready``; raise ``ProcessEnded`` or ``TimeoutError`` if it never will be."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.require_all()
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not ready after {seconds:.0f} s.")
            time.sleep(0.05)

    def require_all(self) -> None:
        """Raise ``ProcessEnded``, with the end of its log, if any process has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProcessEnded(f"The {name} process has ended.\n{self._end_of_log(name)}")

    def run_until_signal(self) -> None:
        """Wait for Ctrl-C, SIGTERM or a closed terminal; raise ``ProcessEnded`` if a process ends first."""
        stopped: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: stopped.append(number))
        while not stopped:
            self.require_all()
            time.sleep(0.2)

    def _end_of_log(self, name: str) -> str:
        log = self._logs / f"{name}.log" if self._logs else None
        return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log else ""


def web(port: int, *, host: str = "127.0.0.1") -> Sequence[str]:
    """Return the command of the web process; the ``Procfile`` has the same."""
    options = ["--no-proxy-headers", "--no-access-log", "--no-server-header"]
    return ["uvicorn", "config.asgi:application", "--host", host, "--port", str(port), *options]


WORKER = ("django", "procrastinate", "worker")


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something listens on ``port`` of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
