from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PictureKind(models.TextChoices):
    """What a picture is for, which decides its formats and sizes."""

    PHOTO = "photo", _("Picture")
    LOGO = "logo", _("Logo")


# The types of each kind's files by their endings, the smallest files first. What all browsers know is last.
FORMATS = {
    PictureKind.PHOTO: {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"},
    PictureKind.LOGO: {"webp": "image/webp", "png": "image/png"},
}
CONTENT_TYPES = {ending: kind for formats in FORMATS.values() for ending, kind in formats.items()}
FOLDER = "pictures"


class PictureQuerySet(models.QuerySet["Picture"]):
    def unused(self, before: datetime) -> Self:
        """Return the pictures that nothing has, of those that were uploaded before ``before``."""
        hidden = Picture._meta.get_fields(include_hidden=True)
        uses = [field for field in hidden if isinstance(field, models.ManyToOneRel)]
        used = [
            models.Exists(
                use.related_model._default_manager.filter(**{use.field.name: models.OuterRef("pk")})
            )
            for use in uses
        ]
        return self.filter(*(~it for it in used), created_at__lt=before)


class Picture(models.Model):
    """
    An uploaded picture, re-encoded in a few sizes. Its files never change: another upload is another picture.

    ``digest`` names the upload and how it was encoded. ``width`` and ``height`` are those of the largest
    file, in pixels, and ``sizes`` are the widths that there are, from the smallest to that one.
    """

    digest = models.CharField(max_length=32, unique=True, editable=False)
    kind = models.CharField(max_length=5, choices=PictureKind, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    sizes = models.JSONField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{32}$"), name="picture_digest_is_hex"
            ),
            models.CheckConstraint(condition=Q(kind__in=PictureKind.values), name="picture_kind_known"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="picture_has_a_size"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.width} × {self.height}"

    @property
    def formats(self) -> dict[str, str]:
        """The types of its files by their endings, the smallest first and what all browsers know last."""
        return FORMATS[PictureKind(self.kind)]

    @property
    def files(self) -> list[str]:
        """The names that its files have in the storage."""
        return [file_name(self.digest, width, ending) for width in self.sizes for ending in self.formats]

    def url(self, width: int | None = None, ending: str | None = None) -> str:
        """Return the address of one file: by default the largest, in the format that everybody knows."""
        ending = ending or list(self.formats)[-1]
        return reverse("branding:picture", args=[self.digest, width or self.width, ending])


def file_name(digest: str, width: int, ending: str) -> str:
    return f"{FOLDER}/{digest}/{width}.{ending}"
