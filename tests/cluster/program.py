"""``python -m tests.cluster.program USER PROGRAM …``: run a server that isn't Python's, as another user."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

MODULE = "tests.cluster.program"
PR_SET_PDEATHSIG = 1
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def command(user: str, program: str | Path, *arguments: str | Path) -> list[str]:
    """Return the command of ``Processes`` that runs ``program`` as ``user``."""
    return [MODULE, user, str(program), *(str(argument) for argument in arguments)]


def as_user(user: str) -> dict[str, Any]:
    """Return the arguments with which ``subprocess`` runs something as ``user``, if this process may."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def main() -> None:
    user, *program = sys.argv[1:]
    child = subprocess.Popen(program, preexec_fn=_die_with_parent, **as_user(user))

    def forward(number: int, frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, forward)
    sys.exit(child.wait())


def _die_with_parent() -> None:
    """Have the kernel kill the program together with this process, which is what kills it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
