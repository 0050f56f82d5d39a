"""
``python -m config.dev.installing FOLDER REQUIREMENTS OPTION …``: make a virtual environment, with progress.

The options are pip's. Whatever pip warns of is shown; if it fails, all that it said is.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from config.dev.progress import Progress

PINNED = re.compile(r"^[A-Za-z0-9][\w.\[\]-]*==", re.MULTILINE)
WARNINGS = ("WARNING", "DEPRECATION")


def main() -> None:
    folder, requirements, *options = sys.argv[1:]
    count = len(PINNED.findall(Path(requirements).read_text()))
    sys.stdout.write(
        f"\nSetting up {folder} with {count} packages. This takes about a minute, and is done once.\n\n"
    )
    progress = Progress(2)
    with progress.step("Making a virtual environment"):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)  # noqa: S603
    with progress.step("Installing packages") as note:
        status, said = install(
            folder, requirements, options, lambda seen: note(f"{min(seen, count)} of {count}")
        )
    sys.stderr.writelines(line for line in said if status or line.startswith(WARNINGS))
    sys.exit(status)


def install(
    folder: str, requirements: str, options: list[str], tell: Callable[[int], None]
) -> tuple[int, list[str]]:
    """Run pip, and call ``tell`` with how many packages it has seen; return its exit status and its lines."""
    command = [
        f"{folder}/bin/pip",
        "install",
        "--progress-bar",
        "off",
        *options,
        "--requirement",
        requirements,
    ]
    said, seen = [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:  # noqa: S603
        assert pip.stdout is not None  # noqa: S101  It is a pipe.
        for line in pip.stdout:
            said.append(line)
            if line.startswith("Collecting "):
                seen += 1
                tell(seen)
    return pip.returncode, said


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
