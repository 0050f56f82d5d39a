"""The pictures of an Apple pass: the shop's icon and logo, and a strip of a hall's rows, in three sizes."""

import io
from collections.abc import Iterator
from functools import lru_cache

from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from branding.colours import by_day, mix, parse
from branding.models import Picture, Shop, file_name

SCALES = {"": 1, "@2x": 2, "@3x": 3}
ICON = 29
LOGO = (160, 50)  # the largest; Wallet shows it at the top left
STRIP = (375, 98)
SMOOTH = 4  # times larger, before it is made small
COLOURS = 32  # of a drawn picture

MARK = 0.68  # of the icon's width, that the ticket on it takes
ROUND = 0.16  # of the ticket's height: its corners, and the half circles punched out of it
SEAT, STEP, ROW = 9, 15, 17  # points: a seat's width, and from one to the next
SHADES = (0.0, 0.1, 0.07, 0.12, 0.05)  # of ink, in the seats of the strip


def draw_pictures(house: Shop) -> dict[str, bytes]:
    """Return the PNGs by the names that Wallet gives them."""
    logo = _read(house.logo) if house.logo else b""
    return dict(_draw(house.brand_colour, logo))


@lru_cache(2)
def _draw(brand: str, logo: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple(_draw_all(brand, logo))


def _draw_all(brand: str, logo: bytes) -> Iterator[tuple[str, bytes]]:
    for suffix, scale in SCALES.items():
        yield f"icon{suffix}.png", _png(_icon(brand, ICON * scale))
        yield f"logo{suffix}.png", _logo(logo, scale) if logo else _png(_mark(brand, LOGO[1] * scale))
        yield f"strip{suffix}.png", _png(_strip(brand, scale))


def _read(logo: Picture) -> bytes:
    """Return the smallest PNG of ``logo`` that is sharp in the largest size, else its largest one."""
    wide = [size for size in logo.sizes if size >= LOGO[0] * max(SCALES.values())]
    with default_storage.open(file_name(logo.digest, min(wide or logo.sizes[-1:]), "png")) as file:
        return bytes(file.read())


def _logo(content: bytes, scale: int) -> bytes:
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    picture.thumbnail((LOGO[0] * scale, LOGO[1] * scale), Image.Resampling.LANCZOS)
    return _save(picture)


def _icon(brand: str, side: int) -> Image.Image:
    picture = Image.new("RGB", (side, side), parse(brand))
    width = round(side * MARK)
    shape = _ticket(width, round(width * 0.66))
    picture.paste(_ink(brand), ((side - shape.width) // 2, (side - shape.height) // 2), shape)
    return picture


def _mark(brand: str, height: int) -> Image.Image:
    """Return a ticket in the ink of the words, on nothing."""
    shape = _ticket(round(height * 0.9), round(height * 0.6))
    picture = Image.new("RGBA", (shape.width, height), (*_ink(brand), 0))
    alpha = Image.new("L", picture.size)
    alpha.paste(shape, (0, (height - shape.height) // 2))
    picture.putalpha(alpha)
    return picture


def _ticket(width: int, height: int) -> Image.Image:
    """Return a mask of a ticket with two half circles punched out, and the line at which it tears."""
    wide, high = width * SMOOTH, height * SMOOTH
    bite, tear = round(high * ROUND), round(wide * 0.64)
    large = Image.new("L", (wide, high))
    pen = ImageDraw.Draw(large)
    pen.rounded_rectangle((0, 0, wide - 1, high - 1), bite, fill=255)
    for edge in (0, high):
        pen.ellipse((tear - bite, edge - bite, tear + bite, edge + bite), fill=0)
    dash = max(1, high // 12)
    for top in range(bite + dash, high - bite - dash, 2 * dash):
        pen.rectangle((tear - dash // 3, top, tear + dash // 3, top + dash - 1), fill=0)
    return large.resize((width, height), Image.Resampling.BOX)


def _strip(brand: str, scale: int) -> Image.Image:
    """Return rows of seats in shades of the brand colour, light enough for the title on them."""
    width, height = STRIP[0] * scale, STRIP[1] * scale
    large = Image.new("RGB", (width * 2, height * 2), parse(brand))
    pen, unit = ImageDraw.Draw(large), 2 * scale
    ink = by_day(brand, brand).on_brand
    for row in range(height * 2 // (ROW * unit) + 1):
        for number in range(width * 2 // (STEP * unit) + 1):
            shade = SHADES[(row * 7 + number * number * 3 + row * number) % len(SHADES)]
            x, y = (number * STEP - row % 2 * STEP // 2) * unit, (row * ROW - 3) * unit
            box = (x, y, x + SEAT * unit, y + SEAT * unit)
            pen.rounded_rectangle(box, 3 * unit, fill=parse(mix(brand, ink, shade)))
    return large.resize((width, height), Image.Resampling.BOX)


def _ink(brand: str) -> tuple[int, int, int]:
    return parse(by_day(brand, brand).on_brand)


def _png(picture: Image.Image) -> bytes:
    """Return a drawn picture with few colours, which take a third of the room."""
    method = Image.Quantize.FASTOCTREE
    return _save(picture.quantize(COLOURS, method=method, dither=Image.Dither.NONE))


def _save(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
