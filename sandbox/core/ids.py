"""Ids in Stripe's format: a prefix, then letters and digits."""

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
    """Return a new id; ``prefix`` includes Stripe's leading digit where there is one, as in ``pi_3``."""
    return prefix + random_text(LENGTHS.get(prefix, USUAL_LENGTH))


def random_text(length: int) -> str:
    """Return ``length`` random letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
