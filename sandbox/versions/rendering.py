"""
Objects in the shape of an older API version.

They are stored in the newest shape. Each release of ``RELEASES`` that is newer than the version asked for is
undone, the newest first. What a release only added stays.
"""

import json
from typing import Any

from sandbox.core.box import Box
from sandbox.core.settings import API_VERSION
from sandbox.versions import basil, clover, dahlia
from sandbox.versions.api_versions import is_before
from sandbox.versions.release import Release, Undo

RELEASES = (dahlia.RELEASE, clover.RELEASE, basil.RELEASE)  # newest first
FINISHED = "event"  # was rendered when it was created, and never changes


def undone_for(version: str) -> list[Release]:
    return [release for release in RELEASES if is_before(version, release.version)]


def render(box: Box, value: Any, version: str) -> Any:
    """Return ``value``, an object or a list of them, in the shape of ``version``; a copy if that differs."""
    releases = undone_for(version)
    if not releases:
        return value
    copied = json.loads(json.dumps(value))
    for release in releases:
        apply(box, copied, release.undo)
    return copied


def apply(box: Box, value: Any, undo: dict[str, Undo]) -> None:
    """Change every object in ``value``, the outer ones first."""
    if isinstance(value, list):
        for item in value:
            apply(box, item, undo)
    elif isinstance(value, dict) and value.get("object") != FINISHED:
        kind = value.get("object")
        if isinstance(kind, str) and kind in undo and "deleted" not in value:
            undo[kind](box, value)
        for member in list(value.values()):
            apply(box, member, undo)


def expanded_then(kind: str, version: str) -> dict[str, str | None]:
    """Return members of a kind that can be expanded in ``version`` and no longer in the newest one."""
    found: dict[str, str | None] = {}
    for release in undone_for(version):
        found |= release.expanded.get(kind, {})
    return found


def shape_of(version: str) -> str | None:
    """Say which shape a reply in ``version`` has; None if it is exactly that of the version."""
    if version == API_VERSION:
        return None
    return "; without ".join([API_VERSION, *(release.version for release in undone_for(version))])
