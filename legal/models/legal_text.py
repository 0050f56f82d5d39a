from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """A page that the law asks for. The value is its address."""

    TERMS = "terms", _("Terms")
    PRIVACY = "privacy", _("Privacy")
    IMPRINT = "imprint", _("Imprint")


class LegalTextQuerySet(models.QuerySet["LegalText"]):
    def current(self, kind: Kind | str) -> "LegalText | None":
        return self.filter(kind=kind).order_by("-version").first()


class LegalText(models.Model):
    """
    One version of a text of the house, in each language that it was written in.

    A version is published by being saved, and never changes after that: customers have agreed to it. The
    database holds that by a trigger.
    """

    kind = models.CharField(max_length=10, choices=Kind)
    version = models.PositiveIntegerField(editable=False)
    texts = models.JSONField(help_text=_("By language."))
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = LegalTextQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="legal_text_version_unique"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="legal_text_kind_known"),
            models.CheckConstraint(condition=Q(version__gt=0), name="legal_text_versions_begin_with_1"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, version {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("legal:version", kwargs={"kind": self.kind, "version": self.version})

    @property
    def language(self) -> str:
        """The language in which it is shown: the active one, else the shop's own, else any that it has."""
        return _first_of(self.texts, [get_language() or "", settings.LANGUAGE_CODE])

    @property
    def text(self) -> str:
        return self.texts.get(self.language, "")


def _first_of(texts: dict[str, str], languages: Collection[str]) -> str:
    return next((code for code in [*languages, *texts] if texts.get(code)), settings.LANGUAGE_CODE)


def publish(kind: Kind | str, texts: dict[str, str], by: Any = None) -> LegalText:
    """Publish the next version of a text, and return it."""
    with transaction.atomic():
        with connection.cursor() as cursor:  # Two at once would want the same number.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"legal:{kind}"])
        last = LegalText.objects.filter(kind=kind).aggregate(last=Max("version"))["last"] or 0
        written = {code: text.strip() for code, text in texts.items() if text.strip()}
        return LegalText.objects.create(kind=kind, version=last + 1, texts=written, published_by=by)
