"""
``make audit``: list the packages' licences, and ask the index of Python packages for known vulnerabilities.

It ends with 1 if a licence doesn't fit or a vulnerability is known, and with 2 if nobody could be asked.
"""

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

from tests.supply.packages import LISTS, ROOT, is_allowed, licences


def main() -> None:
    forbidden = tell_licences()
    found, unknown = [], []
    for path in LISTS:
        for package in audited(sys.argv[1], path):
            found += [f"{path}: {package['name']} {told}" for told in weaknesses(package)]
            unknown += [package["name"]] if "skip_reason" in package else []
    sys.stdout.write("\n".join(["", *found]) + "\n" if found else "")
    if unknown:
        words = f"NOT CHECKED for known vulnerabilities: {len(set(unknown))} packages."
        more = "The index of Python packages gave no answer about them; run this where it can be reached."
        sys.stdout.write(f"\n{words} {more}\n")
    elif not found:
        sys.stdout.write("\nNo vulnerability of these versions is known.\n")
    sys.exit(1 if found or forbidden else 2 if unknown else 0)


def tell_licences() -> list[str]:
    """Write the licences, and return the packages whose licence isn't allowed."""
    by_licence = defaultdict(list)
    for name, licence in licences():
        by_licence[licence].append(name)
    for licence, names in sorted(by_licence.items()):
        mark = "" if is_allowed(licence) else "NOT ALLOWED: "
        sys.stdout.write(f"{mark}{licence}: {', '.join(names)}\n")
    return [name for licence, names in by_licence.items() if not is_allowed(licence) for name in names]


def audited(program: str, path: str) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package in a list, or that it could ask nobody."""
    command = [program, "--requirement", path, "--require-hashes", "--disable-pip", "--format", "json"]
    command += ["--progress-spinner", "off"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        return [{"name": path, "skip_reason": done.stderr}]


def weaknesses(package: dict[str, Any]) -> list[str]:
    return [
        f"{package['version']}: {it['id']}, mended in {', '.join(it['fix_versions']) or 'no version yet'}"
        for it in package.get("vulns", [])
    ]


if __name__ == "__main__":
    main()
