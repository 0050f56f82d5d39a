from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.staff.alerts import ALERTS


class AlertFilter(admin.SimpleListFilter):
    """Filters a list by alert."""

    title = _("what is wrong")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(it.name, str(it.title)) for it in ALERTS if it.model is model_admin.model]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for alert in ALERTS:
            if alert.name == self.value() and alert.model is queryset.model:
                return queryset.filter(pk__in=alert.rows(timezone.now()).values("pk"))
        return queryset
