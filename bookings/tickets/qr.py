"""Drawings of QR codes, black on white with the quiet zone that scanners need, or of what replaces them."""

import functools
import io
from pathlib import Path

import png
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE = 4  # modules
PIXELS = 8  # a module: one byte of a picture with one bit a pixel

# The smallest symbol that takes a token's 136 letters and digits. Looking for it takes half as long again.
VERSION = 6

# Any of the eight masks is readable. Choosing the best one means drawing all: three to six times the work.
MASK = 3

PICTURES = Path(__file__).resolve().parent / "pictures"  # docs/draw_stopped.py makes the PNGs


def draw_png(content: str) -> bytes:
    """Return a PNG of one bit a pixel: about half a kB for a ticket's token."""
    rows = [bytes(0x00 if dark else 0xFF for dark in row) for row in draw_matrix(content)]
    size = len(rows) * PIXELS
    picture = io.BytesIO()
    writer = png.Writer(size, size, greyscale=True, bitdepth=1)
    writer.write_packed(picture, (row for row in rows for _ in range(PIXELS)))
    return picture.getvalue()


def draw_svg(content: str) -> str:
    """Return an SVG of one path, a unit a module."""
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
    """Return the picture, ``png`` or ``svg``, that a ticket of this status has instead of a code."""
    return (PICTURES / f"{status}.{kind}").read_bytes()


def draw_matrix(content: str) -> list[list[bool]]:
    """Return the symbol's modules by rows, True where dark, with the quiet zone around it."""
    code = QRCode(VERSION, ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(content)
    code.make(fit=False)
    return code.get_matrix()
