"""
``make vendor``: fetch the package of ``static/vendor/zxing-wasm`` from npm again, and compare.

With ``--write`` its files are put there instead. It ends with 1 if a file differs.
"""

import base64
import hashlib
import io
import sys
import tarfile

import httpx

from tests.support.paths import ROOT

VERSION = "3.1.6"
# SHA-512 of the package, as npm says it.
INTEGRITY = "mU7UNuvl+hOT+nlSOQTMHZ2tM8lRMsbjDIp5IO/+HmBl/FOq77q0OSZPJ3cm42A9c1MKU6Uve67FiGdkhsrT9g=="
URL = f"https://registry.npmjs.org/zxing-wasm/-/zxing-wasm-{VERSION}.tgz"
FOLDER = ROOT / "static" / "vendor" / "zxing-wasm"
SUMS = FOLDER / "SHA256SUMS"
# Our names, and those in the package.
FILES = {
    "LICENSE": "LICENSE",
    "share.js": "dist/es/share.js",
    "reader/index.js": "dist/es/reader/index.js",
    "reader/zxing_reader.wasm": "dist/reader/zxing_reader.wasm",
}


def main() -> None:
    package = fetch()
    if "--write" in sys.argv:
        write(package)
    different = [name for name, content in package.items() if (FOLDER / name).read_bytes() != content]
    sys.stdout.write("".join(f"{name} isn't that of zxing-wasm {VERSION}.\n" for name in different))
    sys.exit(1 if different else 0)


def fetch() -> dict[str, bytes]:
    """Return the files that are kept, from npm's package, by our names."""
    content = httpx.get(URL, follow_redirects=True, timeout=60).raise_for_status().content
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != INTEGRITY:
        sys.exit(f"{URL} isn't the package that was looked at: its SHA-512 differs.")
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        return {name: _read(package, f"package/{path}") for name, path in FILES.items()}


def write(package: dict[str, bytes]) -> None:
    for name, content in package.items():
        (FOLDER / name).write_bytes(content)
    SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in sums().items()))


def sums() -> dict[str, str]:
    """Return the SHA-256 of our files, in hex, by their names."""
    return {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in FILES}


def _read(package: tarfile.TarFile, path: str) -> bytes:
    file = package.extractfile(path)
    if file is None:
        sys.exit(f"The package has no file {path}.")
    return file.read()


if __name__ == "__main__":
    main()
