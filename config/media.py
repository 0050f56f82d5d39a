"""Where uploaded pictures are kept: in a folder, or with an S3-compatible service."""

import importlib.util
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

FOLDER: dict[str, Any] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    # A name says what is in the file, so that writing it again mends one that was left half written.
    "OPTIONS": {"allow_overwrite": True, "file_permissions_mode": 0o644},
}
KNOWN = {"endpoint", "region"}
WRONG = (
    "MEDIA_STORAGE is not an address such as s3://bucket/folder?endpoint=https://s3.example.com&region=eu."
)


def media_storage(address: str) -> dict[str, Any]:
    """
    Return Django's settings for the storage at ``address``; empty is the folder ``MEDIA_ROOT``.

    Keys are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or wherever else boto3 looks for them.
    """
    if not address:
        return FOLDER
    parts = urlsplit(address)
    query = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme != "s3" or not parts.hostname or parts.username or not query.keys() <= KNOWN:
        raise ImproperlyConfigured(WRONG)
    endpoint = query.get("endpoint", [""])[0]
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise ImproperlyConfigured(WRONG)
    _require_packages()
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": endpoint or None,
            "region_name": query.get("region", [""])[0] or None,
            "default_acl": None,  # Nobody reads the bucket but the shop, which serves the pictures.
            "client_config": _client_config(),
        },
    }


def _require_packages() -> None:
    if missing := [name for name in ("storages", "boto3") if importlib.util.find_spec(name) is None]:
        raise ImproperlyConfigured(
            f"MEDIA_STORAGE needs {' and '.join(missing)}: pip install -r requirements/s3.txt installs them."
        )


def _client_config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=3,  # s
        read_timeout=10,  # s
        retries={"total_max_attempts": 3, "mode": "standard"},
        s3={"addressing_style": "path"},
        # Stores that aren't Amazon's refuse checksums that they don't know.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def media_root(typed: str, base: Path) -> Path:
    """Return the folder that is ``typed``, or ``media`` beside ``manage.py``."""
    return Path(typed) if typed else base / "media"
