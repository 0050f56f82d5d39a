"""
``make vendor``: fetch the packages of ``static/vendor`` from npm again, and compare.

With ``--write`` their files are put there instead. It ends with 1 if a file differs.
"""

import base64
import hashlib
import io
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.paths import ROOT


@dataclass(frozen=True)
class Vendored:
    """A package of npm, of which some files are in ``static/vendor``, by their names there."""

    name: str
    version: str
    integrity: str  # SHA-512 of the package, as npm says it
    files: dict[str, str]

    @property
    def folder(self) -> Path:
        return ROOT / "static" / "vendor" / self.name.removeprefix("@").replace("/", "-")

    @property
    def url(self) -> str:
        return f"https://registry.npmjs.org/{self.name}/-/{self.name.split('/')[-1]}-{self.version}.tgz"

    @property
    def noted(self) -> dict[str, str]:
        """The SHA-256 of our files, as ``SHA256SUMS`` says."""
        lines = (self.folder / "SHA256SUMS").read_text().splitlines()
        return {name: digest for digest, name in (line.split("  ") for line in lines)}

    @property
    def sums(self) -> dict[str, str]:
        """The SHA-256 of our files, in hex, by their names."""
        return {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in self.files}


PACKAGES = [
    Vendored(
        "zxing-wasm",
        "3.1.6",
        "mU7UNuvl+hOT+nlSOQTMHZ2tM8lRMsbjDIp5IO/+HmBl/FOq77q0OSZPJ3cm42A9c1MKU6Uve67FiGdkhsrT9g==",
        {
            "LICENSE": "LICENSE",
            "share.js": "dist/es/share.js",
            "reader/index.js": "dist/es/reader/index.js",
            "reader/zxing_reader.wasm": "dist/reader/zxing_reader.wasm",
        },
    ),
    Vendored(
        "@noble/ed25519",
        "3.2.0",
        "criDgRlnUA09hchYrTy/JUWPIEap5rZxQe6wDWzRx51oWWpDRcUpuNzlgPxDJaOK6AsW9c0wKcj3rKRv6t+bPQ==",
        {"LICENSE": "LICENSE", "index.js": "index.js"},
    ),
]


def main() -> None:
    different = []
    for package in PACKAGES:
        content = fetch(package)
        if "--write" in sys.argv:
            write(package, content)
        different += [f"{package.folder.name}/{it}" for it in content if not _is_same(package, it, content)]
    sys.stdout.write("".join(f"{name} isn't what npm has.\n" for name in different))
    sys.exit(1 if different else 0)


def fetch(package: Vendored) -> dict[str, bytes]:
    """Return the files that are kept, from npm's package, by our names."""
    content = httpx.get(package.url, follow_redirects=True, timeout=60).raise_for_status().content
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != package.integrity:
        sys.exit(f"{package.url} isn't the package that was looked at: its SHA-512 differs.")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {name: _read(archive, f"package/{path}") for name, path in package.files.items()}


def write(package: Vendored, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (package.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (package.folder / name).write_bytes(content)
    lines = (f"{digest}  {name}\n" for name, digest in package.sums.items())
    (package.folder / "SHA256SUMS").write_text("".join(lines))


def _is_same(package: Vendored, name: str, files: dict[str, bytes]) -> bool:
    path = package.folder / name
    return path.exists() and path.read_bytes() == files[name]


def _read(package: tarfile.TarFile, path: str) -> bytes:
    file = package.extractfile(path)
    if file is None:
        sys.exit(f"The package has no file {path}.")
    return file.read()


if __name__ == "__main__":
    main()
