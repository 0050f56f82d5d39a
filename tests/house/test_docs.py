"""What the documents say about the code is so."""

import ast
import re
from pathlib import Path

import pytest

from payments.memberships.entitlements import GIVES
from payments.webhook import memberships, payments
from tests.support.paths import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
LINK = re.compile(r"""(?:\]\(|src=")([^)"#:]+)[)"#]""")  # to a file, not to an address
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# A path in the checkout: what begins with one of its folders and ends like a file, or like a folder.
PATH = re.compile(r"`((?:\.ci|[a-z]+)/[\w./-]*(?:\.\w+|/))`")


def named_in(text: str) -> set[tuple[str, str]]:
    """Return the file and the name of every test that ``text`` names."""
    return {(path, name) for path, name in NAMED.findall(text)}


def defined_in(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text() if file.exists() else "")
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    named = named_in(document.read_text())

    assert {f"{path}::{name}" for path, name in named if name not in defined_in(path)} == set()


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, ROOT / "docs" / "pages" / "README.md"], ids=lambda document: document.name
)
def test_every_file_that_a_document_links_to_exists(document: Path) -> None:
    links = LINK.findall(document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = {path for path in PATH.findall(document.read_text()) if path.split("/")[0] in folders}
    named = {path for path in named if "/fr/" not in path}  # The example of a language that is being added.

    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_the_files_of_the_twenty_most_likely_changes_are_named() -> None:
    rows = [line for line in (ROOT / "docs" / "where.md").read_text().splitlines() if line.startswith("| ")]

    assert len(rows) == 1 + 20
    assert [row for row in rows[1:] if not PATH.search(row)] == []


def test_every_incident_has_a_test_or_a_reason() -> None:
    lines = (ROOT / "docs" / "incidents.md").read_text().splitlines()
    rows = [line for line in lines if re.match(r"\| (?!the )", line)]

    assert len(rows) == 31 + 30 + 13
    assert [row for row in rows if not named_in(row) and "Not built yet: " not in row] == []


def test_the_readme_names_every_event_that_is_applied() -> None:
    named = set(re.findall(r"`([\w.]+)`", (ROOT / "README.md").read_text()))

    assert (payments.APPLIED | memberships.APPLIED) - named == set()


def test_the_table_of_memberships_has_every_status() -> None:
    table = (ROOT / "docs" / "memberships.md").read_text()

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [str(status) for status in GIVES]


def anchor(heading: str) -> str:
    """Return what GitHub calls a heading in addresses."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_table_of_contents_of_the_decisions_is_theirs() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)

    assert re.findall(r"^- \[(.+)\]\(#(.+)\)$", text, re.MULTILINE) == [(it, anchor(it)) for it in headings]
    assert len(re.findall(r"^\*\d{4}-\d\d-\d\d\.\* ", text, re.MULTILINE)) == len(headings) > 90
