"""Reading keys from variables, and from the files that they name."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

LARGEST = 100_000  # bytes of a file with a key or a certificate


def all_or_none(values: dict[str, str]) -> bool:
    """Return whether all ``values`` are given, by names; raise ``ImproperlyConfigured`` if only some are."""
    missing = [name for name, value in values.items() if not value]
    if 0 < len(missing) < len(values):
        given = next(name for name, value in values.items() if value)
        raise ImproperlyConfigured(f"{' and '.join(missing)} must be set too, because {given} is.")
    return not missing


def read(name: str, value: str) -> bytes:
    """Return PEM that the variable itself has, with its line breaks or with ``\\n``, or a file's content."""
    if "-----BEGIN" in value:
        return value.replace("\\n", "\n").encode()
    try:
        with Path(value).open("rb") as file:
            return file.read(LARGEST)
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} names a file that can't be read: {error}.") from error


def read_key(name: str, content: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(content, None)
    except TypeError as error:
        raise ImproperlyConfigured(f"{name} has a passphrase. Store the key without one.") from error
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a private key in PEM.") from error
    if not isinstance(key, RSAPrivateKey):
        raise ImproperlyConfigured(f"{name} is not an RSA key.")
    return key
