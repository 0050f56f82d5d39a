"""The container's file can't be built without a registry; it is compared with what runs elsewhere."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

FOLDER = ROOT / "deploy/container"
FILE = (FOLDER / "Containerfile").read_text()
# Instructions, with their continued lines.
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", FILE, flags=re.MULTILINE)).splitlines()


def instruction(name: str) -> str:
    """Return the last instruction of this name: that of the final stage."""
    return [line.removeprefix(name).strip() for line in LINES if line.startswith(f"{name} ")][-1]


def test_it_runs_the_command_of_the_procfile() -> None:
    (line,) = [it for it in (ROOT / "Procfile").read_text().splitlines() if it.startswith("web: ")]
    shell, option, command = json.loads(instruction("CMD"))
    plain = [re.sub(r"\$\{(\w+):-[^}]*\}", r"$\1", word) for word in shlex.split(line.removeprefix("web: "))]

    assert (shell, option) == ("sh", "-c")
    assert shlex.split(command) == ["exec", *plain]


def test_it_has_two_stages_on_one_pinned_base_and_runs_without_rights() -> None:
    bases = [line.split()[1] for line in LINES if line.startswith("FROM ")]

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.search(r":\d+\.\d+-slim-\w+$", bases[0])
    assert instruction("USER") == "10001:10001"
    assert "HEALTHCHECK" in FILE


def test_it_installs_only_what_is_pinned() -> None:
    (pip,) = [line for line in LINES if "pip install" in line]

    assert "--require-hashes --only-binary=:all: --requirement requirements.txt" in pip


@pytest.mark.parametrize("secret", [".env", ".git", "tests", "sandbox"])
def test_it_leaves_out(secret: str) -> None:
    assert secret in (FOLDER / "ignore").read_text().splitlines()


def test_its_health_check_can_be_read_by_python() -> None:
    (check,) = [line for line in LINES if line.startswith("HEALTHCHECK")]
    command = json.loads(check[check.index("[") :])

    # Nobody listens there, so it isn't healthy.
    done = subprocess.run(
        [sys.executable, *command[1:]],
        env={"PORT": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "ConnectionRefusedError" in done.stderr
