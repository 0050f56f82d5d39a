"""Ids in Stripe's forms: a prefix and case-sensitive letters and digits."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits

LENGTHS = {
    "cs_test_": 58,
    "cus_": 14,
    "prod_": 14,
    "req_": 14,
    "whsec_": 32,
}
USUAL_LENGTH = 23


def new_id(prefix: str) -> str:
    """Return a fresh id such as ``pi_3…``; the prefix carries Stripe's leading digit where it has one."""
    return prefix + random_text(LENGTHS.get(prefix, USUAL_LENGTH))


def random_text(length: int) -> str:
    """Return ``length`` random letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
