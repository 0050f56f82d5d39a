"""The rules of the house: who may import whom, and how much one folder may hold."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.support.paths import ROOT

PYPROJECT = ROOT / "pyproject.toml"
UNTRACKED = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().split())]
MOST = 15  # files beside __init__.py: what a reader takes in at once
# Not for import by others: they start the project, or look at it from outside.
OUTSIDE = {"bench", "docs", "tests"}


def test_imports_follow_the_rules() -> None:
    # In a process of its own: it silences all loggers that there are.
    command = [str(Path(sys.executable).with_name("lint-imports")), str(PYPROJECT), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_about_every_package() -> None:
    rules = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]

    assert {file.parent.name for file in ROOT.glob("*/__init__.py")} - OUTSIDE == set(rules["root_packages"])


def folders(folder: Path = ROOT) -> Iterator[tuple[str, int]]:
    """Yield each folder that is kept in git, with how many files it has besides ``__init__.py``."""
    kept = [path for path in folder.iterdir() if not any(fnmatch(path.name, name) for name in UNTRACKED)]
    yield (
        str(folder.relative_to(ROOT)),
        sum(path.is_file() and path.name != "__init__.py" for path in kept),
    )
    for path in kept:
        if path.is_dir():
            yield from folders(path)


def test_no_folder_is_a_heap() -> None:
    """Migrations are read one at a time, and Django wants those of an app in one folder."""
    rooms = [(folder, files) for folder, files in folders() if not folder.endswith("/migrations")]
    crowded = {folder: files for folder, files in rooms if files > MOST}

    assert crowded == {}
