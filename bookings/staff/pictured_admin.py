"""The picture on staff's pages of events and productions."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from branding.pictures.forms import REMOVE, UPLOAD, PictureAdmin

SHOWN = "picture_shown"


class PicturedAdmin(PictureAdmin):
    """Admin pages that show the row's picture, or the one that is drawn for it, where it is uploaded."""

    exclude = ["picture"]  # The form has it uploaded.

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [name for name in super().get_fields(request, obj) if name not in (SHOWN, UPLOAD, REMOVE)]
        at = fields.index("picture_alt")
        if obj is None:
            fields[at:at] = [UPLOAD]
        elif self.has_change_permission(request, obj):
            fields[at:at] = [SHOWN, UPLOAD, *([REMOVE] if obj.picture_id else [])]
        else:
            fields[at:at] = [SHOWN]
        return fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [SHOWN]

    @admin.display(description=gettext_lazy("Picture"))
    def picture_shown(self, row: Model) -> SafeString:
        return render_to_string("admin/bookings/event/_picture.html", {"event": row})
