"""Model fields for texts whose origin isn't known."""

from typing import Any

from django.db import models


class EvidenceField(models.TextField):
    """
    A text that may contain anything, such as a traceback or somebody else's error message.

    PostgreSQL stores neither NUL nor half a surrogate pair. They become ``\\x00`` and ``\\ud800``, so that
    saving why something failed can't fail for the same reason. The column is that of a ``TextField``.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return storable(value) if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


def storable(text: str) -> str:
    """Return ``text`` with escapes in place of what PostgreSQL can't store."""
    return text.replace("\0", r"\x00").encode("utf-8", "backslashreplace").decode()
