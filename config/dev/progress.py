"""Say on the terminal what is being done, as which step of how many, and for how long. Needs no packages."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

TICK = 0.2  # s between two looks at the clock
LINE_EVERY = 10  # s between lines where a line can't be drawn again: in a file, in a log
ERASE = "\r\033[K"


class Progress:
    """
    The steps of one command, of which there are ``count``.

    On a terminal each is one line, drawn again while time passes. Elsewhere a step has a line when it
    begins, and more while it lasts.
    """

    def __init__(self, count: int, *, out: TextIO = sys.stdout) -> None:
        self._count = count
        self._out = out
        self._done = 0
        self._redraws = out.isatty()

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show a step while the block runs; what it yields is called with how far the step has come."""
        self._done += 1
        step = _Step(f"  {self._done} of {self._count}  {what}", self._out, redraws=self._redraws)
        try:
            yield step.note
        finally:
            step.end()


class _Step:
    def __init__(self, name: str, out: TextIO, *, redraws: bool) -> None:
        self._name, self._out, self._redraws = name, out, redraws
        self._began = self._shown = time.monotonic()
        self._detail = ""
        self._ended = threading.Event()
        self._show(" …")
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def note(self, detail: str) -> None:
        self._detail = f": {detail}"

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        if self._redraws:
            self._show(f"{self._detail}  {self._seconds} s\n")

    @property
    def _seconds(self) -> int:
        return round(time.monotonic() - self._began)

    def _tick(self) -> None:
        while not self._ended.wait(TICK):
            if self._redraws or time.monotonic() - self._shown >= LINE_EVERY:
                self._show(f"{self._detail} … {self._seconds} s")

    def _show(self, rest: str) -> None:
        self._shown = time.monotonic()
        before, after = (ERASE, "") if self._redraws else ("", "\n")
        self._out.write(f"{before}{self._name}{rest}{after}")
        self._out.flush()
