"""An authority such as Apple's, made for the tests, and what it issues."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from config.wallets import AppleWallet, apple_wallet

PASS_TYPE, TEAM = "pass.example.tickets", "A1B2C3D4E5"
ISSUER_ID, ACCOUNT = "3388000000012345678", "tickets@admit-tests.iam.gserviceaccount.com"
AUTHORITY = "Pass Authority"


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def named(common: str, *more: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    parts = [(NameOID.COMMON_NAME, common), *more]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


@dataclass
class Authority:
    """Two keys and two certificates: the authority's own, and one that it issues for passes."""

    key: RSAPrivateKey
    pass_key: RSAPrivateKey

    @cached_property
    def certificate(self) -> str:
        name = named(AUTHORITY)
        return self._issue(name, self.key, days=3650, is_authority=True)

    def issue(self, *, days: float = 365, pass_type: str = PASS_TYPE, team: str = TEAM) -> str:
        """Return a certificate for passes that lasts so many ``days`` from now, in PEM."""
        whose = [(NameOID.USER_ID, pass_type), (NameOID.ORGANIZATIONAL_UNIT_NAME, team)]
        name = named(f"Pass Type ID: {pass_type}", *(pair for pair in whose if pair[1]))
        return self._issue(name, self.pass_key, days=days)

    def _issue(self, name: x509.Name, key: RSAPrivateKey, *, days: float, is_authority: bool = False) -> str:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(named(AUTHORITY))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days))
        builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM).decode()


def service_account(key: RSAPrivateKey) -> str:
    """Return the JSON that Google hands out for a service account."""
    return json.dumps({"type": "service_account", "client_email": ACCOUNT, "private_key": pem(key)})


def make_authority() -> Authority:
    return Authority(new_key(), new_key())


def apple_of(authority: Authority, *, days: float = 365) -> AppleWallet:
    """Return what a shop has that the ``authority`` has given a certificate for so many ``days``."""
    wallet = apple_wallet(authority.issue(days=days), pem(authority.pass_key), authority.certificate)
    assert wallet
    return wallet
