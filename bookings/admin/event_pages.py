"""What the pages about one event have in common."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path

from bookings.models import Event
from bookings.read_only_admin import GrowingAdmin


class EventPages(GrowingAdmin):
    """
    Pages about one event besides that of its row: each is a view of ``pages``, and its own address.

    A page gets the event, which is one that its reader has to do with, or answers 404; without the permission
    that ``pages`` names, it answers 403 and no button leads there. All but those of
    ``apart`` need the permission to see events as well.
    """

    event_path = "pk"
    pages: ClassVar[dict[str, str]] = {}  # the view's name, which is the address, and the permission
    apart: ClassVar[frozenset[str]] = frozenset()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:event_id>/{name}/",
                self.admin_site.admin_view(self._page(name, permission)),
                name=f"bookings_event_{name}",
            )
            for name, permission in self.pages.items()
        ]
        return [*own, *super().get_urls()]

    def _page(self, name: str, permission: str) -> Any:
        def page(request: HttpRequest, event_id: int) -> HttpResponse:
            sees = name in self.apart or self.has_view_permission(request)
            if not (sees and request.user.has_perm(permission)):
                raise PermissionDenied
            event = get_object_or_404(self.get_queryset(request), pk=event_id)
            return getattr(self, f"{name}_view")(request, event)

        return page

    def show(
        self, request: HttpRequest, event: Event, name: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """Render the page ``name`` of ``event``."""
        shown = {**self.admin_site.each_context(request), "event": event, "opts": self.opts, **context}
        return render(request, f"admin/bookings/event/{name}.html", shown, status=status)

    def back(self, event: Event) -> HttpResponse:
        return redirect("admin:bookings_event_change", event.pk)
