"""The versions of Stripe's API that a request or an endpoint can ask for."""

from pathlib import Path

from sandbox.core.errors import StripeError

API_VERSIONS = tuple(Path(__file__).with_name("api_versions.txt").read_text().split())


def check_version(version: str) -> str:
    """Return ``version``; raise ``StripeError`` if Stripe has none of this name."""
    if version not in API_VERSIONS:
        raise StripeError(f"Invalid Stripe API version: {version}")
    return version


def is_before(version: str, other: str) -> bool:
    """Compare two versions by their dates; the words after them don't count."""
    return version[: len("2026-10-28")] < other[: len("2026-10-28")]
