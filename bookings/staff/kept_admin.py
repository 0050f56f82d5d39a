"""Rows that can't be deleted as they are: staff are told why, instead of "you don't have permission"."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookings.events.deletion import NotDeletable

MOST = 5  # reasons at a time


class KeptAdmin(admin.ModelAdmin):
    """Admin pages whose rows say by ``why_not_deletable`` why they can't be deleted, by anybody."""

    def why_not_deletable(self, row: Any) -> str:
        """Return why ``row`` can't be deleted, or "" if it can by whoever has the permission."""
        raise NotImplementedError

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id.isdecimal() else None
        if row is None or not self.has_delete_permission(request, row):
            return super().delete_view(request, object_id, extra_context)
        try:
            if why := self.why_not_deletable(row):
                raise NotDeletable(why)
            return super().delete_view(request, object_id, extra_context)
        except NotDeletable as error:
            messages.error(request, str(error))
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if "delete_selected" in actions:
            _delete, name, description = actions["delete_selected"]
            actions[name] = (_delete_deletable, name, description)
        return actions


def _delete_deletable(page: KeptAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
    reasons = [why for row in rows if (why := page.why_not_deletable(row))]
    for why in reasons[:MOST]:
        messages.error(request, why)
    if len(reasons) > MOST:
        messages.error(request, f"… and {len(reasons) - MOST} more.")
    return None if reasons else delete_selected(page, request, rows)
