"""Keep an uploaded picture: its files in the storage, and then its row."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from branding.models import Picture, PictureKind, file_name
from branding.pictures.uploads import ENCODED_LIKE_THIS, require_few


def keep_picture(upload: UploadedFile, kind: PictureKind) -> Picture:
    """
    Return the picture that ``upload`` is, encoded and stored; raise ``BadPicture``.

    The same file is the same picture, however often it comes; whatever is missing of that is stored again. No
    transaction should be open: files can't be rolled back, only cleared away later (``pictures.tidying``).
    """
    from branding.pictures.encoding import encode  # Pillow is loaded by who uploads something.

    require_few(upload.size or 0)
    data = upload.read()
    digest = _digest(data, kind)
    known = Picture.objects.filter(digest=digest).first()
    if known and all(default_storage.exists(name) for name in known.files):
        return known
    encoded = encode(data, kind)
    for (width, ending), content in encoded.files.items():
        default_storage.save(file_name(digest, width, ending), ContentFile(content))
    size = {"width": encoded.width, "height": encoded.height, "sizes": encoded.sizes}
    picture, _made = Picture.objects.get_or_create(digest=digest, defaults={"kind": kind, **size})
    return picture


def _digest(data: bytes, kind: PictureKind) -> str:
    return hashlib.sha256(f"{kind} {ENCODED_LIKE_THIS} ".encode() + data).hexdigest()[:32]
