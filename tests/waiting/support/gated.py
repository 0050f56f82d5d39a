"""An application whose requests wait, without their threads, until the process gets SIGUSR1."""

import asyncio
import signal
from collections.abc import Iterable

from waiting.bridge import Bridge, StartResponse
from waiting.environ import Environ
from waiting.suspension import wait_for

THREADS = 2
waiting = 0


def _answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/waits":
        wait_for(_signal)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(waiting).encode()]


async def _signal() -> None:
    global waiting
    waiting += 1
    if waiting == 1:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _gate.set)
    await _gate.wait()


_gate = asyncio.Event()
application = Bridge(_answer, threads=THREADS)
