"""What is said while something is set up."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from config.dev.progress import ERASE, Progress
from tests.support.paths import ROOT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_steps_are_counted_and_each_has_a_line() -> None:
    log = io.StringIO()
    progress = Progress(2, out=log)
    with progress.step("Reading"):
        pass
    with progress.step("Writing") as note:
        note("3 of 4")

    assert log.getvalue() == "  1 of 2  Reading …\n  2 of 2  Writing …\n"


def test_on_a_terminal_a_line_ends_with_how_long_the_step_took() -> None:
    terminal = Terminal()
    with Progress(1, out=terminal).step("Reading") as note:
        note("3 of 4")

    assert terminal.getvalue().split(ERASE) == ["", "  1 of 1  Reading …", "  1 of 1  Reading: 3 of 4  0 s\n"]


def test_a_step_that_fails_ends_its_line() -> None:
    terminal = Terminal()
    with pytest.raises(ValueError, match="bad"), Progress(1, out=terminal).step("Reading"):
        raise ValueError("bad")

    assert terminal.getvalue().endswith("s\n")


def test_what_pip_refuses_is_shown_and_the_command_fails(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("nothing-like-it==1.0 \\\n    --hash=sha256:00\n")
    folder = tmp_path / "packages"
    command = [sys.executable, "-m", "config.dev.installing", str(folder), str(wanted), "--no-index"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 1
    assert "with 1 packages" in done.stdout
    assert "  2 of 2  Installing packages" in done.stdout
    assert "ERROR: No matching distribution found for nothing-like-it==1.0" in done.stderr
