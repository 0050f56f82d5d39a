"""The service account that signs links to Google Wallet."""

import functools
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.core.exceptions import ImproperlyConfigured

from .reading import all_or_none, read, read_key

ISSUER, KEY = "GOOGLE_WALLET_ISSUER_ID", "GOOGLE_WALLET_KEY"


@dataclass(frozen=True)
class GoogleWallet:
    """What signs links to Google Wallet: the issuer's number, and a service account with its key."""

    issuer_id: str
    account: str
    key: RSAPrivateKey


@functools.cache
def google_wallet(issuer_id: str, key: str) -> GoogleWallet | None:
    """Return what signs links to Google Wallet; ``key`` is a service account's JSON, or its file's path."""
    if not all_or_none({ISSUER: issuer_id, KEY: key}):
        return None
    if not (issuer_id.isascii() and issuer_id.isdecimal()):
        raise ImproperlyConfigured(f"{ISSUER} is not a number such as 3388000000012345678.")
    try:
        account = json.loads(key if key.lstrip().startswith("{") else read(KEY, key))
        address, secret = account["client_email"], account["private_key"]
    except (ValueError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(f"{KEY} is not the JSON key of a service account.") from error
    if not (isinstance(address, str) and isinstance(secret, str)):
        raise ImproperlyConfigured(f"{KEY} is not the JSON key of a service account.")
    return GoogleWallet(issuer_id, address, read_key(KEY, secret.encode()))
