"""The eight digits by which a device is paired, and the secret that it then has."""

import hashlib
import re
import secrets
from datetime import timedelta

from django.utils.crypto import salted_hmac

CODE_LIFE = timedelta(minutes=10)
DIGITS = 8
PREFIX = "ADMIT-DOOR:"  # in the QR code beside the digits
GAPS = re.compile(r"[\s-]")
CODE = re.compile(r"[0-9]{8}")


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def read_code(typed: str) -> str | None:
    """Return the digits of a code as it was typed or read from the QR code; None if it can't be one."""
    code = GAPS.sub("", typed.strip().removeprefix(PREFIX))
    return code if CODE.fullmatch(code) else None


def hash_code(code: str) -> str:
    """Return what is stored of a code. Without ``SECRET_KEY`` its eight digits can't be tried out."""
    return salted_hmac("bookings.door.code", code, algorithm="sha256").hexdigest()


def new_secret() -> str:
    """Return 256 random bits, for a device's cookie."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
