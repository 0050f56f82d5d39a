"""Draw QR codes, black on white with the quiet zone that scanners need, or load the image in their place."""

import functools
import io
from pathlib import Path

import png
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE = 4  # modules
PIXELS = 8  # per module, so that a module is one byte at one bit per pixel

# The smallest size that fits a token's 136 characters. Letting the library find it takes 50 % longer.
VERSION = 6

# All eight masks are readable. To choose the best, the library draws all of them: 3 to 6 times the work.
MASK = 3

PICTURES = Path(__file__).resolve().parent / "pictures"  # docs/draw_stopped.py makes the PNGs


def draw_png(content: str) -> bytes:
    """Return the QR code as a PNG with one bit per pixel, about 500 bytes for a ticket's token."""
    rows = [bytes(0x00 if dark else 0xFF for dark in row) for row in draw_matrix(content)]
    size = len(rows) * PIXELS
    picture = io.BytesIO()
    writer = png.Writer(size, size, greyscale=True, bitdepth=1)
    writer.write_packed(picture, (row for row in rows for _ in range(PIXELS)))
    return picture.getvalue()


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
    code = QRCode(VERSION, ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(content)
    code.make(fit=False)
    return code.get_matrix()
