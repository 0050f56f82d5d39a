"""What comes out of an upload: pixels, upright and in sRGB, in sizes that pages ask for."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from branding.models import PictureKind
from branding.pictures.encoding import Encoded, encode
from branding.pictures.reading import read_picture
from branding.pictures.uploads import MOST_BYTES, BadPicture
from tests.branding.pictures import decoded, draw, encoded

PHOTO, LOGO = PictureKind.PHOTO, PictureKind.LOGO
RED, BLUE, WHITE = (200, 30, 30), (20, 40, 200), (255, 255, 255)


def near(one: Any, other: tuple[int, ...], by: int = 16) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


def corners(data: bytes) -> list[Any]:
    """Return the colours of the four quarters: upper left, upper right, lower left, lower right."""
    image = decoded(data).convert("RGB")
    xs, ys = (image.width // 4, 3 * image.width // 4), (image.height // 4, 3 * image.height // 4)
    return [image.getpixel((x, y)) for y in ys for x in xs]


def shows_what_was_drawn(found: Encoded) -> bool:
    expected = [RED, BLUE, RED, WHITE]
    return all(
        near(seen, wanted)
        for data in found.files.values()
        for seen, wanted in zip(corners(data), expected, strict=True)
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_each_type_becomes_the_three_that_browsers_choose_from(kind: str) -> None:
    found = encode(encoded(kind=kind), PHOTO)

    assert (found.width, found.height, found.sizes) == (1200, 675, [480, 960, 1200])
    assert {(width, ending) for width, ending in found.files} == {
        (width, ending) for width in (480, 960, 1200) for ending in ("avif", "webp", "jpg")
    }
    for (width, ending), data in found.files.items():
        image = decoded(data)
        assert (image.format, image.width) == ({"jpg": "JPEG"}.get(ending, ending.upper()), width)
    assert shows_what_was_drawn(found)


@pytest.mark.parametrize(
    ("size", "sizes"),
    [((4000, 2250), [480, 960, 1600]), ((480, 270), [480]), ((300, 300), [300]), ((960, 1800), [480, 960])],
)
def test_nothing_is_enlarged(size: tuple[int, int], sizes: list[int]) -> None:
    assert encode(encoded(draw(*size)), PHOTO).sizes == sizes


def test_a_logo_keeps_its_transparency_and_gets_heights() -> None:
    logo = Image.new("RGBA", (800, 200), (0, 0, 0, 0))
    logo.paste((200, 30, 30, 255), (0, 0, 400, 200))

    found = encode(encoded(logo, "PNG"), LOGO)

    assert (found.width, found.height, found.sizes) == (800, 200, [256, 512, 800])
    for data in found.files.values():
        image = decoded(data).convert("RGBA")
        assert image.getpixel((image.width // 4, 5)) == (200, 30, 30, 255)
        assert image.getpixel((3 * image.width // 4, 5))[3] == 0  # type: ignore[index]


def test_a_photo_with_holes_is_on_white() -> None:
    image = draw().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))

    found = encode(encoded(image, "PNG"), PHOTO)

    assert all(near(seen, WHITE) for data in found.files.values() for seen in corners(data))


def turned(orientation: int, size: tuple[int, int] = (1200, 675), **options: Any) -> bytes:
    """Return what was drawn as a camera writes it that was held this way."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = draw(*size) if undo is None else draw(*size).transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, exif=exif, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_as_the_camera_was_held(orientation: int) -> None:
    found = encode(turned(orientation), PHOTO)

    assert (found.width, found.height) == (1200, 675)
    assert shows_what_was_drawn(found)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_one_is_upright_too(kind: str) -> None:
    found = encode(turned(6, (6800, 6500), kind=kind), PHOTO)

    assert (found.width, found.height) == (1600, 1529)
    assert shows_what_was_drawn(found)


def wide_gamut() -> bytes:
    """Return a colour profile in which red and green are swapped, so that nobody can miss it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    entries = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, green = entries[b"rXYZ"] + 4, entries[b"gXYZ"] + 4
    profile[red : red + 8], profile[green : green + 8] = profile[green : green + 8], profile[red : red + 8]
    return bytes(profile)


def test_colours_are_brought_to_srgb_and_the_profile_is_dropped() -> None:
    swapped = wide_gamut()

    found = encode(encoded(kind="PNG", icc_profile=swapped), PHOTO)

    seen = corners(found.files[480, "jpg"])
    assert near(seen[0], (30, 200, 30), 24)
    assert near(seen[1], (40, 20, 200), 24)
    assert not any(swapped[128:400] in data for data in found.files.values())


@pytest.mark.parametrize("profile", [b"", b"no profile", b"\0" * 200])
def test_a_broken_profile_is_passed_over(profile: bytes) -> None:
    assert shows_what_was_drawn(encode(encoded(kind="PNG", icc_profile=profile), PHOTO))


@pytest.mark.parametrize("mode", ["CMYK", "L", "YCbCr"])
def test_what_printers_send_is_converted(mode: str) -> None:
    found = encode(encoded(draw(mode=mode), quality=95), PHOTO)

    grey = draw(mode="L").convert("RGB")
    expected = RED if mode != "L" else grey.getpixel((10, 10))
    assert near(corners(found.files[960, "jpg"])[0], expected, 24)  # type: ignore[arg-type]


def test_sixteen_bits_become_eight() -> None:
    image = Image.new("I;16", (600, 400), 0x8000)

    found = encode(encoded(image, "PNG"), PHOTO)

    assert near(corners(found.files[480, "jpg"])[0], (128, 128, 128), 3)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA"])
def test_other_kinds_of_png_are_converted(mode: str) -> None:
    found = encode(encoded(draw(mode=mode), "PNG"), PHOTO)

    assert found.sizes == [480, 960, 1200]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    others = [Image.new("RGB", (1200, 675), colour) for colour in ("black", "green")]

    found = encode(encoded(draw(), kind, save_all=True, append_images=others), PHOTO)

    assert shows_what_was_drawn(found)


SECRET = b"48.137154, 11.576124 by Ada"


def with_everything() -> Iterator[Any]:
    """Yield files with things besides their pixels."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = SECRET.decode()
    for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
        yield pytest.param(encoded(kind=kind, exif=exif), id=f"exif in {kind}")
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    yield pytest.param(encoded(kind="PNG", pnginfo=text), id="text in PNG")
    yield pytest.param(encoded(comment=SECRET), id="comment in JPEG")
    yield pytest.param(encoded(kind="WEBP", xmp=SECRET), id="xmp in WebP")
    yield pytest.param(encoded() + b"<script>alert(1)</script>" + SECRET, id="JPEG and HTML")
    yield pytest.param(encoded(kind="GIF") + b"PK\x03\x04" + SECRET, id="GIF and ZIP")


@pytest.mark.parametrize("data", list(with_everything()))
def test_nothing_but_pixels_comes_out(data: bytes) -> None:
    assert SECRET in data or b"Ada" in data or b"A\0d\0a" in data or b"zTXt" in data

    found = encode(data, PHOTO)

    for file in found.files.values():
        assert SECRET not in file
        assert b"script" not in file
        assert not decoded(file).getexif()
    assert shows_what_was_drawn(found)


# What isn't taken


def png_that_claims(width: int, height: int) -> bytes:
    """Return a small PNG that says it is very large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BAD = {
    "nothing": (b"", "isn’t a picture"),
    "a text": (b"Hello", "isn’t a picture"),
    "HTML": (b"<html><script>alert(1)</script></html>", "isn’t a picture"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "isn’t a picture"),
    "a PDF": (b"%PDF-1.7\n" + b"x" * 500, "isn’t a picture"),
    "a TIFF": (encoded(kind="TIFF"), "isn’t a picture"),
    "a BMP": (encoded(kind="BMP"), "isn’t a picture"),
    "an EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n", "isn’t a picture"),
    "half a JPEG": (encoded()[:5000], "damaged"),
    "half a PNG": (encoded(kind="PNG")[:1500], "damaged"),
    "half a WebP": (encoded(kind="WEBP")[:900], "damaged"),
    "a bomb": (png_that_claims(50_000, 50_000), "too many pixels"),
    "a thread": (png_that_claims(12_001, 300), "too many pixels"),
    "a bit more than allowed": (png_that_claims(8_000, 6_251), "too many pixels"),
    "one that lies": (png_that_claims(4_000, 3_000), "damaged"),
    "too small": (encoded(draw(199, 400)), "too small"),
    "one pixel": (encoded(draw(1, 1), "PNG"), "too small"),
    "a ribbon": (encoded(draw(2000, 400)), "long and narrow"),
    "too many bytes": (b"\xff\xd8\xff" + b"\0" * MOST_BYTES, "too large"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_a_picture_is_refused_in_words(name: str) -> None:
    data, words = BAD[name]

    with pytest.raises(BadPicture, match=words):
        encode(data, PHOTO)


WHOLE = {kind: encoded(draw(240, 220), kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")}


@given(st.data())
@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_is_either_passed_over_or_told(data: st.DataObject) -> None:
    """Whatever a decoder makes of it: no other exception gets out, and no picture of another kind."""
    broken = bytearray(WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))])
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    try:
        image = read_picture(bytes(broken[:cut] if data.draw(st.booleans()) else broken), enough=1600)
    except BadPicture:
        return
    assert image.mode in ("RGB", "RGBA")
    assert image.info == {}


def test_a_very_large_jpeg_is_read_small() -> None:
    image = read_picture(encoded(draw(7000, 7000)), enough=1600)

    assert image.width == 3500


def test_the_same_upload_makes_the_same_files() -> None:
    data = encoded()

    assert encode(data, PHOTO) == encode(data, PHOTO)
