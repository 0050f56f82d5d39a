import re

import pytest

from tests.supply.packages import LISTS, PIN, ROOT, is_allowed, licences, pins
from tests.supply.vendored import PACKAGES, Vendored

HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
NAME = re.compile(r"^[\w.-]+", re.MULTILINE)


@pytest.mark.parametrize("path", LISTS)
def test_every_package_is_pinned_with_its_hashes(path: str) -> None:
    lines = [line for line in (ROOT / path).read_text().splitlines() if not line.startswith("#")]
    pinned = [line for line in lines if PIN.match(line + "\n")]

    assert [line for line in lines if line not in pinned and not HASH.match(line)] == []
    assert [line for line in pinned if not HASH.match(lines[lines.index(line) + 1])] == []
    assert pinned


@pytest.mark.parametrize("path", LISTS)
def test_no_list_names_where_to_get_packages(path: str) -> None:
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links", (ROOT / path).read_text())


@pytest.mark.parametrize(
    ("asked", "resolved"),
    [
        ("requirements/server.in", "requirements.txt"),
        ("requirements/s3.in", "requirements/s3.txt"),
        ("requirements/dev.in", "requirements-dev.txt"),
        ("requirements/tools.in", "requirements/tools.txt"),
        ("requirements/peers.in", "requirements/peers.txt"),
    ],
)
def test_what_is_asked_for_is_resolved(asked: str, resolved: str) -> None:
    names = {name.lower().replace("_", "-") for name in NAME.findall((ROOT / asked).read_text())}

    assert {name for name in names if not name.startswith("-")} - pins(ROOT / resolved).keys() == set()


def test_tests_run_with_what_a_server_runs() -> None:
    server, tests = pins(ROOT / "requirements.txt"), pins(ROOT / "requirements-dev.txt")
    stored = pins(ROOT / "requirements/s3.txt")

    assert (server.items() | stored.items()) - tests.items() == set()
    assert {name for name in stored.keys() & server.keys() if stored[name] != server[name]} == set()


def test_every_licence_fits() -> None:
    assert {name: licence for name, licence in licences() if not is_allowed(licence)} == {}


def test_a_licence_that_does_not_fit_is_noticed() -> None:
    assert not is_allowed("GPL-3.0-only")
    assert not is_allowed("MIT AND AGPL-3.0")
    assert not is_allowed("Other/Proprietary License")
    assert is_allowed("MIT OR GPL-2.0-only")


@pytest.mark.parametrize("package", PACKAGES, ids=lambda it: it.name)
def test_what_is_kept_of_npms_package_is_unchanged(package: Vendored) -> None:
    assert package.noted == package.sums
    first = (package.folder / "README.md").read_text().splitlines()[0]
    assert first == f"# {package.name} {package.version}"
