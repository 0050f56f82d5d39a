"""Read and verify tickets as a scanner does, independently of the shop's code."""

import base64
import struct
from io import BytesIO

import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from tests.browser.support.stack import SIGNING_KEY

# Of any other kind, a picture of a page has many by chance: a row of letters may pass for a bar code.
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
CLAIM = struct.Struct(">BI16s")
KEY = Ed25519PrivateKey.from_private_bytes(SIGNING_KEY).public_key()


def read_tokens(picture: bytes) -> list[str]:
    """Return the texts of all QR codes in ``picture``, a PNG."""
    with Image.open(BytesIO(picture)) as image:
        return [code.text for code in zxingcpp.read_barcodes(image, formats=QR)]


def verify(token: str) -> tuple[int, int, str]:
    """Return version, event id and ticket code; raise ``InvalidSignature`` if the shop didn't sign it."""
    content = base64.b32decode(token + "=" * (-len(token) % 8))
    claim, signature = content[: CLAIM.size], content[CLAIM.size :]
    KEY.verify(signature, claim)
    version, event_id, code = CLAIM.unpack(claim)
    return version, event_id, base64.b32encode(code).decode().rstrip("=")
