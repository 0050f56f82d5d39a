"""
Read what somebody has uploaded as a picture, or say why not.

Only pixels come out of here: upright, in sRGB, without anything else that the file had. It is decoded after
its type, its bytes and the size that it claims have been looked at.
"""

import io

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from branding.pictures.uploads import BadPicture, require_few

TYPES = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
LONGEST_SIDE = 12_000  # px
MOST_PIXELS = 50_000_000
SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L")
WORKING_MODES = ("L", "LA", "RGB", "RGBA", "CMYK")  # that a colour profile can be about


def read_picture(data: bytes, *, enough: int) -> Image.Image:
    """
    Return what ``data`` shows, as RGB or RGBA, the first frame of an animation; raise ``BadPicture``.

    One that is much larger than ``enough`` pixels is made smaller at once, which saves most of the memory.
    """
    require_few(len(data))
    # What a decoder makes of broken data is an error of any kind.
    try:
        image = Image.open(io.BytesIO(data), formats=TYPES)
        _require_size(image)
        if image.format == "JPEG":
            image.draft(None, (2 * enough, 2 * enough))
        image.load()
        return _in_srgb(_upright(_reduced(image, 2 * enough)))
    except BadPicture:
        raise
    except UnidentifiedImageError as error:
        raise BadPicture(_("This isn’t a picture. Upload a JPEG, PNG, WebP, AVIF or GIF file.")) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise BadPicture(
            _("This file is damaged. Save the picture again, or export it as a JPEG.")
        ) from error


def _too_many_pixels() -> BadPicture:
    words = _("This picture has too many pixels. Make it %(side)d pixels wide or less.")
    return BadPicture(words % {"side": 4000})


def _require_size(image: Image.Image) -> None:
    if max(image.size) > LONGEST_SIDE or image.width * image.height > MOST_PIXELS:
        raise _too_many_pixels()


def _reduced(image: Image.Image, most: int) -> Image.Image:
    """Return ``image`` made smaller by a whole number, its shorter side having ``most`` pixels or more."""
    factor = min(image.size) // most
    if factor < 2 or image.mode in SIXTEEN_BIT:
        return image
    if image.mode in ("1", "P", "PA"):
        info = image.info
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image.info = {key: value for key, value in info.items() if key != "transparency"}
    return image.reduce(factor)


def _upright(image: Image.Image) -> Image.Image:
    """Return ``image`` as its camera was held; one that says nothing readable of that, as it is."""
    profile = image.info.get("icc_profile")
    try:
        turned = ImageOps.exif_transpose(image)
    except Exception:  # Whatever is wrong with what it says of itself, its pixels are there.
        return image
    turned.info["icc_profile"] = profile
    return turned


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode in SIXTEEN_BIT:  # Pillow would cut off what is brighter than 255.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    has_alpha = image.has_transparency_data
    if image.mode not in WORKING_MODES:
        image = image.convert("RGBA" if has_alpha else "RGB")
    alpha = image.convert("RGBA").getchannel("A") if has_alpha else None
    image = _by_profile(image, profile) if profile else image
    image = image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
    image.info = {}
    return image


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Return ``image`` in sRGB; with a profile that can't be read or isn't for it, as it is."""
    plain = image.convert(image.mode[:-1]) if image.mode in ("LA", "RGBA") else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        found = ImageCms.profileToProfile(plain, source, target, outputMode="RGB")
    except (OSError, ImageCms.PyCMSError, ValueError, TypeError):
        return plain
    return found or plain
