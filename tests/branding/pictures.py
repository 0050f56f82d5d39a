"""Pictures to upload, made here and now, and what is made of them."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw


def draw(width: int = 1200, height: int = 675, mode: str = "RGB") -> Image.Image:
    """Return a picture whose left half is red and whose upper right quarter is blue."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width // 2, height), fill=(200, 30, 30))
    pen.rectangle((width // 2, 0, width, height // 2), fill=(20, 40, 200))
    return image.convert(mode)


def encoded(image: Image.Image | None = None, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    (image or draw()).save(file, kind, **options)
    return file.getvalue()


def upload(data: bytes, name: str = "picture.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
