"""Encode a picture anew, in the sizes and formats that pages ask for. Only its pixels are in these files."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image

from branding.models.picture import FORMATS, PictureKind
from branding.pictures.reading import read_picture
from branding.pictures.uploads import BadPicture

PHOTO_WIDTHS = (480, 960, 1600)  # px
LOGO_HEIGHTS = (64, 128, 256)  # px
SMALLEST = {PictureKind.PHOTO: 200, PictureKind.LOGO: 32}  # px of each side
LONGEST = {PictureKind.PHOTO: 4, PictureKind.LOGO: 12}  # times as long as the other side
SETTINGS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 58, "speed": 7},
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": True},
}
one_at_a_time = Lock()  # A picture of 50 megapixels takes 200 MB while it is read.


@dataclass(frozen=True)
class Encoded:
    """A picture's files by their width in pixels and ending, and its largest size."""

    width: int
    height: int
    files: dict[tuple[int, str], bytes]

    @property
    def sizes(self) -> list[int]:
        return sorted({width for width, _ending in self.files})


def encode(data: bytes, kind: PictureKind) -> Encoded:
    """Return the files of the picture that ``data`` is; raise ``BadPicture``. It is never enlarged."""
    with one_at_a_time:
        image = read_picture(data, enough=max(PHOTO_WIDTHS))
        _require_shape(image, kind)
        if kind == PictureKind.PHOTO:
            image = _on_white(image)
        sizes = list(_sizes(image.width, image.height, kind))
        files: dict[tuple[int, str], bytes] = {}
        for width, height in sizes:
            resized = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
            resized.info = {}
            for ending in FORMATS[kind]:
                files[width, ending] = _save(resized, ending)
    return Encoded(*sizes[-1], files)


def _require_shape(image: Image.Image, kind: PictureKind) -> None:
    short, long = sorted(image.size)
    if short < SMALLEST[kind]:
        words = _("This picture is too small. Each side needs %(least)d pixels or more.")
        raise BadPicture(words % {"least": SMALLEST[kind]})
    if long > short * LONGEST[kind]:
        raise BadPicture(_("This picture is too long and narrow. Cut it first."))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _sizes(width: int, height: int, kind: PictureKind) -> Iterator[tuple[int, int]]:
    """Yield width and height of each file, the smallest first."""
    if kind == PictureKind.LOGO:
        heights = [*(it for it in LOGO_HEIGHTS if it < height), min(height, LOGO_HEIGHTS[-1])]
        yield from ((max(1, round(width * it / height)), it) for it in dict.fromkeys(heights))
    else:
        widths = [*(it for it in PHOTO_WIDTHS if it < width), min(width, PHOTO_WIDTHS[-1])]
        yield from ((it, max(1, round(height * it / width))) for it in dict.fromkeys(widths))


def _save(image: Image.Image, ending: str) -> bytes:
    file = io.BytesIO()
    settings = dict(SETTINGS[ending])
    if ending == "webp" and image.mode == "RGBA":  # A logo's edges stay sharp.
        settings["lossless"] = True
    image.save(file, **settings)
    return file.getvalue()
