"""The certificate that signs passes for Apple Wallet, its key, and Apple's certificate that issued it."""

import functools
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured

from .reading import all_or_none, read, read_key

CERTIFICATE, KEY, ISSUER = "APPLE_PASS_CERTIFICATE", "APPLE_PASS_KEY", "APPLE_WWDR_CERTIFICATE"


@dataclass(frozen=True)
class AppleWallet:
    """What signs Apple's passes: the shop's certificate, its key, and Apple's certificate that issued it."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    issuer: x509.Certificate
    pass_type_id: str
    team_id: str


@functools.cache
def apple_wallet(
    certificate: str, key: str, issuer: str, *, pass_type_id: str = "", team_id: str = ""
) -> AppleWallet | None:
    """
    Return what signs Apple's passes; each is PEM, or the path of a file with PEM or, of certificates, DER.

    Raise ``ImproperlyConfigured`` if only some are given or they don't belong together. One that has ended
    is taken: a shop doesn't stop for it.
    """
    if not all_or_none({CERTIFICATE: certificate, KEY: key, ISSUER: issuer}):
        return None
    ours, theirs = _read_certificate(CERTIFICATE, certificate), _read_certificate(ISSUER, issuer)
    secret = read_key(KEY, read(KEY, key))
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


def _read_certificate(name: str, value: str) -> x509.Certificate:
    content = read(name, value)
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in content else x509.load_der_x509_certificate
    try:
        return load(content)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a certificate in PEM or DER.") from error


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
