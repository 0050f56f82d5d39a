"""Draw QR codes, black on white with the quiet zone that scanners need, or load the image in their place."""

import functools
import struct
import zlib
from pathlib import Path

import zxingcpp

QUIET_ZONE = 4  # modules
PIXELS = 8  # per module, so that a module is one byte at one bit per pixel

# The smallest size that fits a token's 136 characters. Letting the library find it takes 50 % longer.
VERSION = 6

# All eight masks are readable. To choose the best, the library draws all of them: 3 to 6 times the work.
MASK = 3

PICTURES = Path(__file__).resolve().parent / "pictures"  # docs/draw_stopped.py makes the PNGs


def draw_png(content: str) -> bytes:
    """
    Return the QR code as a PNG with one bit per pixel, about 580 bytes for a ticket's token.

    The symbol is zxing-cpp's, which takes a twentieth of the time, because PNGs are drawn while a payment is
    confirmed. It is the one of ``draw_matrix``, unless the token has a dozen digits in a row.
    """
    options = {"ecLevel": "M", "version": VERSION, "dataMask": MASK}
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, **options)
    modules = memoryview(code.to_image(scale=1, add_quiet_zones=True))  # type: ignore[arg-type]  # a buffer
    size, packed = len(modules), modules.tobytes()  # 0 or 255 each: eight pixels of one bit.
    rows = (b"\0" + packed[start : start + size] for start in range(0, size * size, size))
    header = struct.pack(">IIBBBBB", size * PIXELS, size * PIXELS, 1, 0, 0, 0, 0)  # one bit, greyscale
    pixels = zlib.compress(b"".join(row * PIXELS for row in rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return a part of a PNG: https://www.w3.org/TR/png-3/#5Chunk-layout"""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def draw_svg(content: str) -> str:
    """Return the QR code as an SVG with a single path; a module is one unit wide."""
    matrix = draw_matrix(content)
    squares = "".join(
        f"M{x},{y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )
    size = len(matrix)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0,0h{size}v{size}h-{size}z"/><path d="{squares}"/></svg>'
    )


@functools.cache
def placeholder(status: str, kind: str) -> bytes:
    """Return the image (``kind`` is png or svg) shown instead of the code of a suspended or void ticket."""
    return (PICTURES / f"{status}.{kind}").read_bytes()


def draw_matrix(content: str) -> list[list[bool]]:
    """Return the QR code's modules row by row, True where dark, including the quiet zone."""
    # It brings Pillow along: 5 MB, which only those who draw an SVG or a PDF need.
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    code = QRCode(VERSION, ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(content)
    code.make(fit=False)
    return code.get_matrix()
