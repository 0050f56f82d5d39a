from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.staff.alerts import TROUBLES


class TroubleFilter(admin.SimpleListFilter):
    """The rows of a list that have a trouble, by its name."""

    title = _("what is wrong")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(it.name, str(it.title)) for it in TROUBLES if it.model is model_admin.model]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for trouble in TROUBLES:
            if trouble.name == self.value() and trouble.model is queryset.model:
                return queryset.filter(pk__in=trouble.rows(timezone.now()).values("pk"))
        return queryset
