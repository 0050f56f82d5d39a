"""
Pack and sign a pass: a zip with a manifest of all hashes, and Apple's kind of signature of that.

https://developer.apple.com/documentation/walletpasses/building-a-pass
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from config.wallets import AppleWallet

THEN = (1980, 1, 1, 0, 0, 0)  # of every file, so that the same files make the same archive


def pack(files: Mapping[str, bytes], wallet: AppleWallet) -> bytes:
    """Return the archive of ``files`` by name, with their manifest and its signature."""
    manifest = _manifest(files)
    contents = {**files, "manifest.json": manifest, "signature": _sign(manifest, wallet)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, THEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, contents[name])
    return archive.getvalue()


def _manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the SHA-1 of each file, as Wallet wants it; what protects them is the signature's SHA-256."""
    hashes = {name: hashlib.sha1(files[name], usedforsecurity=False).hexdigest() for name in sorted(files)}
    return json.dumps(hashes, separators=(",", ":")).encode()


def _sign(manifest: bytes, wallet: AppleWallet) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(manifest)
    builder = builder.add_signer(wallet.certificate, wallet.key, SHA256()).add_certificate(wallet.issuer)
    return builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
