"""
``python -m config.dev.lifeline FD MODULE …``: run a module that ends with the process that started it.

That process keeps one end of a pipe, and ``FD`` is the other. However it ends, even killed, the pipe closes;
then this one gets SIGTERM, and SIGKILL if it hasn't stopped some time later.
"""

import os
import runpy
import signal
import sys
import threading
import time
from functools import cache

STOP_WITHIN = 15  # s


@cache
def lifeline() -> int:
    """Return the end of the pipe that children wait at; this process keeps the other until it ends."""
    end, _kept = os.pipe()
    return end


def tied(*command: str) -> list[str]:
    """Return the command of ``python -m command …`` tied to this process; pass ``lifeline()`` on to it."""
    return [sys.executable, "-m", "config.dev.lifeline", str(lifeline()), *command]


def wait_for_the_end(end: int) -> None:
    """Return once the process at the other end is gone."""
    os.set_inheritable(end, False)
    os.read(end, 1)


def main() -> None:
    end, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_stop_at_the_end, args=[end], daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _stop_at_the_end(end: int) -> None:
    wait_for_the_end(end)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WITHIN)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
