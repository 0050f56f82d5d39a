from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from bookings.staff.access import is_limited, within_scope


class ScopedAdmin(admin.ModelAdmin):
    """
    Admin pages that staff who are limited to chosen events have only for these.

    ``event_path`` leads from a row to its event. Rows of no single event have none: then these staff don't
    have the pages at all, whatever their groups say.
    """

    event_path: ClassVar[str | None] = None

    def is_closed(self, request: HttpRequest) -> bool:
        """Return whether the pages don't exist for whoever asks."""
        return self.event_path is None and is_limited(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if self.is_closed(request):
            return rows.none()
        return within_scope(rows, request.user, self.event_path) if self.event_path else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return not self.is_closed(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.is_closed(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return not self.is_closed(request) and super().has_add_permission(request, *args)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.is_closed(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.is_closed(request) and super().has_delete_permission(request, obj)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, *args: Any) -> HttpResponse:
        """Answer as if there were no such page: what others sell isn't even "perhaps deleted"."""
        if is_limited(request.user):
            raise Http404
        return super()._get_obj_does_not_exist_redirect(request, *args)  # type: ignore[misc]
