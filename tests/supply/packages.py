"""The packages that are pinned, and their licences."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from tests.support.paths import ROOT

# What a package under the MIT licence may stand on. Those with a copyleft (LGPL, MPL) are used as they are,
# as libraries of their own, which is what they ask for.
ALLOWED = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CNRI-Python",
        "HPND",
        "ISC",
        "MIT",
        "MIT-0",
    ),
    *("MIT-CMU", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib"),
    *("LGPL", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"),
}
# Names of before there was a common list of them, https://spdx.org/licenses/
SPELLINGS = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD License": "BSD",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Where the package doesn't say it so that a program understands it; each was looked up in its files.
KNOWN = {
    "axe-playwright-python": "MIT",
    "pypdfium2": "Apache-2.0 OR BSD-3-Clause",
    "qrcode": "BSD-3-Clause",
}
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)(?: ; (.+?))? \\$", re.MULTILINE)
LISTS = (
    *("requirements.txt", "requirements-dev.txt"),
    *("requirements/s3.txt", "requirements/tools.txt", "requirements/peers.txt"),
)


def pins(path: Path) -> dict[str, str]:
    """Return the versions of the packages that ``path`` pins, by name."""
    return {name.lower(): version for name, version, _marker in PIN.findall(path.read_text())}


def licences() -> Iterator[tuple[str, str]]:
    """Yield the licence of each package that ``requirements-dev.txt`` pins and this system needs."""
    for name in pins(ROOT / "requirements-dev.txt"):
        try:
            yield name, licence_of(name)
        except PackageNotFoundError:
            continue


def licence_of(name: str) -> str:
    """Return a licence as the package tells it, with the usual names."""
    told = metadata(name)
    classifiers = [it.rpartition(" :: ")[2] for it in told.get_all("Classifier", []) if "License ::" in it]
    named = [SPELLINGS.get(it, it) for it in classifiers if it != "OSI Approved"]
    text = str(told.json.get("license", "")).strip()
    found = KNOWN.get(name) or str(told.json.get("license_expression") or " OR ".join(named) or text)
    return SPELLINGS.get(found, found.partition("\n")[0])


def is_allowed(licence: str) -> bool:
    """Whether all licences that go together are allowed, or one of those to choose from."""
    return any(
        all(SPELLINGS.get(it.strip(), it.strip()) in ALLOWED for it in choice.split(" AND "))
        for choice in licence.strip("()").split(" OR ")
    )
