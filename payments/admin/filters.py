from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.staff.alerts import ALERTS

# From each type to the next one by the index: there are few, in a table of millions.
TYPES = """
    WITH RECURSIVE known AS (
        (SELECT type FROM payments_stripeevent ORDER BY type LIMIT 1)
        UNION ALL
        SELECT (SELECT type FROM payments_stripeevent WHERE type > known.type ORDER BY type LIMIT 1)
          FROM known WHERE known.type IS NOT NULL
    )
    SELECT type FROM known WHERE type IS NOT NULL
"""


class AlertFilter(admin.SimpleListFilter):
    """Filters a list by alert."""

    title = _("problem")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(it.name, str(it.title)) for it in ALERTS if it.model is model_admin.model]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for alert in ALERTS:
            if alert.name == self.value() and alert.model is queryset.model:
                return queryset.filter(pk__in=alert.rows(timezone.now()).values("pk"))
        return queryset


class TypeFilter(admin.SimpleListFilter):
    """Filters Stripe's events by type."""

    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(TYPES)
            return [(kind, kind) for (kind,) in cursor.fetchall()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(type=self.value()) if self.value() else queryset
