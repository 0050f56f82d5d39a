"""
The keys that sign wallet passes, from environment variables: each wrong one is named in a sentence.

Nothing here asks a network. What is optional and empty is None: then its button isn't shown.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured

CERTIFICATE, KEY, ISSUER = "APPLE_PASS_CERTIFICATE", "APPLE_PASS_KEY", "APPLE_WWDR_CERTIFICATE"
GOOGLE_ISSUER, GOOGLE_KEY = "GOOGLE_WALLET_ISSUER_ID", "GOOGLE_WALLET_KEY"
LARGEST = 100_000  # bytes of a file with a key or a certificate


@dataclass(frozen=True)
class AppleWallet:
    """What signs Apple's passes: the shop's certificate, its key, and Apple's certificate that issued it."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    issuer: x509.Certificate
    pass_type_id: str
    team_id: str


@dataclass(frozen=True)
class GoogleWallet:
    """What signs links to Google Wallet: the issuer's number, and a service account with its key."""

    issuer_id: str
    account: str
    key: RSAPrivateKey


@functools.cache
def apple_wallet(
    certificate: str, key: str, issuer: str, *, pass_type_id: str = "", team_id: str = ""
) -> AppleWallet | None:
    """
    Return what signs Apple's passes; each is PEM, or the path of a file with PEM or, of certificates, DER.

    Raise ``ImproperlyConfigured`` if only some are given or they don't belong together. One that has ended
    is taken: a shop doesn't stop for it.
    """
    if not _all_or_none({CERTIFICATE: certificate, KEY: key, ISSUER: issuer}):
        return None
    ours, theirs = _read_certificate(CERTIFICATE, certificate), _read_certificate(ISSUER, issuer)
    secret = _read_key(KEY, _read(KEY, key))
    if secret.public_key() != ours.public_key():
        raise ImproperlyConfigured(f"{KEY} is not the key of the certificate in {CERTIFICATE}.")
    try:
        ours.verify_directly_issued_by(theirs)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise ImproperlyConfigured(
            f"{ISSUER} has not issued the certificate in {CERTIFICATE}, which is by {_issued_by(ours)}."
        ) from error
    found = AppleWallet(
        ours,
        secret,
        theirs,
        _subject(ours, NameOID.USER_ID, "pass type ID"),
        _subject(ours, NameOID.ORGANIZATIONAL_UNIT_NAME, "team ID"),
    )
    _require_same("APPLE_PASS_TYPE_ID", pass_type_id, found.pass_type_id)
    _require_same("APPLE_TEAM_ID", team_id, found.team_id)
    return found


@functools.cache
def google_wallet(issuer_id: str, key: str) -> GoogleWallet | None:
    """Return what signs links to Google Wallet; ``key`` is a service account's JSON, or its file's path."""
    if not _all_or_none({GOOGLE_ISSUER: issuer_id, GOOGLE_KEY: key}):
        return None
    if not (issuer_id.isascii() and issuer_id.isdecimal()):
        raise ImproperlyConfigured(f"{GOOGLE_ISSUER} is not a number such as 3388000000012345678.")
    try:
        account = json.loads(key if key.lstrip().startswith("{") else _read(GOOGLE_KEY, key))
        address, secret = account["client_email"], account["private_key"]
    except (ValueError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(f"{GOOGLE_KEY} is not the JSON key of a service account.") from error
    if not (isinstance(address, str) and isinstance(secret, str)):
        raise ImproperlyConfigured(f"{GOOGLE_KEY} is not the JSON key of a service account.")
    return GoogleWallet(issuer_id, address, _read_key(GOOGLE_KEY, secret.encode()))


def _all_or_none(values: dict[str, str]) -> bool:
    missing = [name for name, value in values.items() if not value]
    if 0 < len(missing) < len(values):
        given = next(name for name, value in values.items() if value)
        raise ImproperlyConfigured(f"{' and '.join(missing)} must be set too, because {given} is.")
    return not missing


def _read(name: str, value: str) -> bytes:
    """Return PEM that the variable itself has, with its line breaks or with ``\\n``, or a file's content."""
    if "-----BEGIN" in value:
        return value.replace("\\n", "\n").encode()
    try:
        with Path(value).open("rb") as file:
            return file.read(LARGEST)
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} names a file that can't be read: {error}.") from error


def _read_certificate(name: str, value: str) -> x509.Certificate:
    content = _read(name, value)
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in content else x509.load_der_x509_certificate
    try:
        return load(content)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a certificate in PEM or DER.") from error


def _read_key(name: str, content: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(content, None)
    except TypeError as error:
        raise ImproperlyConfigured(f"{name} has a passphrase. Store the key without one.") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a private key in PEM.") from error
    if not isinstance(key, RSAPrivateKey):
        raise ImproperlyConfigured(f"{name} is not an RSA key.")
    return key


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier, what: str) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    if not found:
        raise ImproperlyConfigured(
            f"{CERTIFICATE} has no {what} in its subject. It must be a Pass Type ID Certificate."
        )
    return str(found[0].value)


def _issued_by(certificate: x509.Certificate) -> str:
    return certificate.issuer.rfc4514_string()


def _require_same(name: str, wanted: str, found: str) -> None:
    if wanted and wanted != found:
        raise ImproperlyConfigured(f"{name} is {wanted}, but the certificate in {CERTIFICATE} has {found}.")
