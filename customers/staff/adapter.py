"""What allauth's second factors are told about this shop."""

import base64
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SecondFactorAdapter(DefaultMFAAdapter):
    """
    Encrypt secrets with a key that is derived from ``SECRET_KEY``: the database alone opens nothing.

    A change of ``SECRET_KEY`` needs the old one in ``SECRET_KEY_FALLBACKS``, or all staff must set up their
    second factor again.
    """

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return f"Admit {urlsplit(settings.SITE_URL).hostname}"

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        # Not from the request's host, which can be any of ALLOWED_HOSTS.
        return {"id": str(urlsplit(settings.SITE_URL).hostname), "name": "Admit"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        name = user.get_username()
        return {"id": str(user.pk).encode(), "display_name": user.get_full_name() or name, "name": name}


def _cipher() -> MultiFernet:
    return MultiFernet([_key(str(it)) for it in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _key(secret: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"customers.staff").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
