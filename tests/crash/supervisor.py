"""Restart processes when they end, like a process manager."""

import signal
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from subprocess import Popen
from types import TracebackType
from typing import Self

from config.dev.process_group import Processes

LOOK_EVERY = 0.05  # s


class Supervisor:
    """
    Keep ``commands`` running during the ``with`` block.

    ``ended`` counts processes that ended by themselves, as the worker does when it loses the database.
    """

    def __init__(self, processes: Processes, commands: Mapping[str, Sequence[str]]) -> None:
        self.ended: Counter[str] = Counter()
        self._processes = processes
        self._commands = commands
        self._running: dict[str, Popen[bytes]] = {}
        self._killed: set[int] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        for name in self._commands:
            self.start(name)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def start(self, name: str) -> None:
        with self._lock:
            self._start(name)

    def kill(self, name: str) -> None:
        """Kill the process ``name`` with SIGKILL; it is restarted at once."""
        self.signal(name, signal.SIGKILL)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to the process ``name``; if that ends it, it is restarted at once."""
        with self._lock:
            self._killed.add(self._running[name].pid)
            self._running[name].send_signal(number)

    def pid(self, name: str) -> int:
        with self._lock:
            return self._running[name].pid

    def stop(self, name: str) -> None:
        """Stop the process ``name`` properly, without a restart."""
        with self._lock:
            del self._running[name]
            self._processes.stop(name)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            with self._lock:
                for name, process in list(self._running.items()):
                    if process.poll() is not None:
                        self.ended[name] += process.pid not in self._killed
                        self._start(name)

    def _start(self, name: str) -> None:
        self._running[name] = self._processes.start(name, *self._commands[name])
