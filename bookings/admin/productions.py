"""Productions: their list, and the page of each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bookings.models import Event, Production
from bookings.read_only_admin import GrowingAdmin
from bookings.staff.access import is_limited, within_scope
from bookings.staff.pictured_admin import PicturedAdmin
from branding.pictures.forms import PictureField, PictureForm


def productions_of(request: HttpRequest) -> QuerySet[Production]:
    """Return the productions of the events that whoever asks has to do with."""
    return within_scope(Production.objects.all(), request.user, "events").distinct()


class ProductionForm(PictureForm):
    upload = PictureField(
        label=_("Upload a picture"), help_text=_("Dates that have no picture of their own show it, too.")
    )


class ProductionFilter(admin.RelatedFieldListFilter):
    """Filters the list by a production of those that its reader has to do with."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[Any, Any]]:
        return [(production.pk, str(production)) for production in productions_of(request)]


@admin.register(Production)
class ProductionAdmin(PicturedAdmin, GrowingAdmin):
    """What is given on several dates: title, text and picture of the page that has them all."""

    form = ProductionForm
    event_path = "events"
    list_display = ["title", "slug"]
    search_fields = ["title", "slug"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Production]:
        return super().get_queryset(request).distinct()  # One may have several of somebody's events.

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its words are of all its dates, so whoever has only some of them may only look."""
        has_all = obj is None or not is_limited(request.user) or not _others_dates(request, obj).exists()
        return has_all and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Its dates are kept for good, and so is the address that people know.


def _others_dates(request: HttpRequest, production: Production) -> QuerySet[Event]:
    own = within_scope(Event.objects.all(), request.user, "pk")
    return production.events.exclude(pk__in=own.values("pk"))
