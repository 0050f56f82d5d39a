"""``python -m tests.support.postgres.keeper FD DATA``: stop the PostgreSQL of a killed test run."""

import subprocess
import sys
import time
from pathlib import Path

from config.dev.embedded import stop_unused
from config.dev.lifeline import lifeline, wait_for_the_end

LOOK_EVERY = 0.2  # s

_keepers: list[subprocess.Popen[bytes]] = []  # Python warns of one that nobody remembers.


def keep(data: Path) -> None:
    """Have the server in ``data`` stopped once this process is gone, and everybody else who uses it."""
    command = [sys.executable, "-m", "tests.support.postgres.keeper", str(lifeline()), str(data)]
    nothing = subprocess.DEVNULL
    _keepers.append(
        subprocess.Popen(
            command, pass_fds=[lifeline()], start_new_session=True, stdout=nothing, stderr=nothing
        )
    )


def main() -> None:
    wait_for_the_end(int(sys.argv[1]))
    while not stop_unused(Path(sys.argv[2])):
        time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    main()
