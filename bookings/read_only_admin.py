from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse

from bookings import paging
from bookings.paging import CappedPaginator
from bookings.staff.scoped_admin import ScopedAdmin


class GrowingAdmin(ScopedAdmin):
    """Admin pages for rows that become more for years: a list costs the same however many there are."""

    paginator = CappedPaginator
    show_full_result_count = False
    # They would count the rows of each filter.
    show_facets = admin.ShowFacets.NEVER

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any
    ) -> HttpResponse | None:
        """Do an action to the rows that were selected: of a whole list, to those that it has counted."""
        if "1" in request.POST.getlist("select_across"):
            counted = queryset.values_list("pk", flat=True)[: paging.MOST]
            queryset = queryset.filter(pk__in=list(counted))
        return super().response_action(request, queryset, *args)


class ReadOnlyAdmin(GrowingAdmin):
    """Admin pages for records of what happened: staff can read them, but not add, edit or delete them."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [self._unlinked(request, name) for name in super().get_fields(request, obj)]

    def _unlinked(self, request: HttpRequest, name: Any) -> Any:
        """Return what shows the field ``name``: without a link, if that led to a page that is closed."""
        field: Any = next((field for field in self.opts.fields if field.name == name), None)
        page = self.admin_site._registry.get(field.related_model) if field else None
        return name if page is None or page.has_view_permission(request) else _words_of(field)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _words_of(field: "Field[Any, Any]") -> Callable[[Model], str]:
    """Return a column of the admin that shows ``field`` as text."""

    @admin.display(description=field.verbose_name, empty_value="-")
    def words(row: Model) -> Any:
        return getattr(row, field.name)

    words.__name__ = field.name
    return words


class ReadOnlyPageAdmin(ReadOnlyAdmin):
    """A read-only admin whose detail page has a template of its own, with the context from ``describe``."""

    page_select_related: Sequence[str] = ()

    def describe(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the template context for the page of ``row``; called only if the user may see it."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = self._describe(request, object_id) if self.has_view_permission(request) else {}
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def _describe(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        rows = self.get_queryset(request).select_related(*self.page_select_related)
        row = rows.filter(pk=object_id).first() if object_id.isdecimal() else None
        return self.describe(request, row) if row else {}


class ReadOnlyInline(admin.TabularInline):
    """Read-only rows on the admin page of the object they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or []

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
