"""What a camera sees of a ticket: its code, small, turned, tilted, blurred, in the sun, inverted."""

import base64
import math
import random
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from bookings.tickets.qr import draw_png

FRAME = (960, 720)  # px
ROOM = 128  # the grey around the phone that is held up
GRAIN = 4  # grey values: the noise that every camera has
DISTANCE = 2.5  # of the camera, in widths of the code

Picture = Image.Image


def code(token: str, side: int) -> Picture:
    """Return the QR code of ``token``, ``side`` px wide with its quiet zone."""
    with Image.open(BytesIO(draw_png(token))) as picture:
        return picture.convert("L").resize((side, side), Image.Resampling.BOX)


def frame(picture: Picture, seed: int = 1) -> Picture:
    """Return ``picture`` in the middle of a camera's frame, with noise."""
    seen = Image.new("L", FRAME, ROOM)
    seen.paste(picture, ((FRAME[0] - picture.width) // 2, (FRAME[1] - picture.height) // 2))
    return noisy(seen, seed)


def noisy(picture: Picture, seed: int) -> Picture:
    """Return ``picture`` with the grain of a camera, another one for each ``seed``."""
    chance = random.Random(seed)  # not for secrets
    few = [max(0, min(255, round(chance.gauss(128, GRAIN)))) for _pixel in range(4_099)]  # a prime
    pixels = picture.width * picture.height
    grain = Image.frombytes("L", picture.size, (bytes(few) * (pixels // len(few) + 1))[:pixels])
    return ImageChops.add(picture, grain, offset=-128)


def turned(picture: Picture, degrees: float) -> Picture:
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=ROOM)


def tilted(picture: Picture, degrees: float) -> Picture:
    """Return ``picture`` turned about its vertical axis, as a camera sees it from ``DISTANCE``."""
    side, angle = picture.width, math.radians(degrees)

    def seen(x: float, y: float) -> tuple[float, float]:
        far = DISTANCE + x * math.sin(angle)
        return (
            (x * math.cos(angle) * DISTANCE / far + 0.75) * side,
            (y * DISTANCE / far + 0.75) * side,
        )

    corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
    size = (round(side * 1.5), round(side * 1.5))
    flat = [((x + 0.5) * side, (y + 0.5) * side) for x, y in corners]
    how = _perspective([seen(x, y) for x, y in corners], flat)
    return picture.transform(size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC, fillcolor=ROOM)


def faded(picture: Picture, contrast: float) -> Picture:
    """Return ``picture`` in the sun: its black is nearly as light as its white."""
    return picture.point(lambda value: round(235 - (255 - value) * contrast))


def blurred(picture: Picture, sigma: float) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(sigma))


def inverted(picture: Picture) -> Picture:
    return ImageOps.invert(picture)


def reflecting(picture: Picture) -> Picture:
    """Return ``picture`` with a lamp reflected over a part of it."""
    seen = picture.copy()
    side = picture.width
    light = (side * 0.55, side * 0.35, side * 0.75, side * 0.55)
    ImageDraw.Draw(seen).ellipse(light, fill=255)
    return seen


def video(pictures: list[Picture], *, each: int = 8) -> bytes:
    """Return ``pictures`` as Motion JPEG, ``each`` frames long, which differ by their noise."""
    frames = [frame(picture, seed) for picture in pictures for seed in range(each)]
    return b"".join(_jpeg(one) for one in frames)


def _jpeg(picture: Picture) -> bytes:
    content = BytesIO()
    picture.convert("RGB").save(content, "JPEG", quality=90)
    return content.getvalue()


def as_url(picture: Picture) -> str:
    """Return ``picture`` as a ``data:`` URL, a PNG."""
    content = BytesIO()
    picture.save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def _perspective(source: list[tuple[float, float]], target: list[tuple[float, float]]) -> list[float]:
    """Return Pillow's eight coefficients, by which points of ``source`` come from ``target``."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solve(rows)


def _solve(rows: list[list[float]]) -> list[float]:
    """Solve linear equations by elimination; the last of each row is its right side."""
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(size):
            if row != column:
                factor = rows[row][column]
                rows[row] = [value - factor * one for value, one in zip(rows[row], rows[column], strict=True)]
    return [row[-1] for row in rows]
