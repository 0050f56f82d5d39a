"""How the shop looks: its name, its logo and its two colours, by day and by night."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bookings.staff.scoped_admin import ScopedAdmin
from branding.colours import INK, INK_SOFT, NIGHT, NIGHT_INK, NIGHT_INK_SOFT, PAPER, by_day, by_night
from branding.describing import remarks
from branding.models import PictureKind, Shop
from branding.pictures.forms import REMOVE, UPLOAD, PictureAdmin, PictureForm

# The colours that aren't the shop's, of static/css/base/tokens.css and dark.css.
DAY = {"paper": PAPER, "ink": INK, "soft": INK_SOFT, "line": "#dcd9cf"}
NIGHTLY = {"paper": NIGHT, "ink": NIGHT_INK, "soft": NIGHT_INK_SOFT, "line": "#38373c"}


class ShopForm(PictureForm):
    picture_name = "logo"
    picture_kind = PictureKind.LOGO

    class Meta:
        model = Shop
        fields = ["name", "brand_colour", "action_colour"]
        widgets = {
            "brand_colour": forms.TextInput(attrs={"type": "color"}),
            "action_colour": forms.TextInput(attrs={"type": "color"}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if UPLOAD in self.fields:
            self.fields[UPLOAD].label = gettext_lazy("Logo")
            self.fields[UPLOAD].help_text = gettext_lazy(
                "In place of the name in the header. A PNG or WebP for light paper, with a transparent "
                "background, 128 pixels high or more."
            )
        if REMOVE in self.fields:
            self.fields[REMOVE].label = gettext_lazy("Remove the logo")


def preview(shop: Shop, *, may_change: bool = False) -> SafeString:
    """
    Return a drawing of pages with its colours by day and by night, and what is to be said of them.

    Where one ``may_change`` them, it is drawn anew while they are chosen.
    """
    brand, action = shop.brand_colour, shop.action_colour
    schemes = [
        {"title": _("By day"), "colours": by_day(brand, action), "base": DAY},
        {"title": _("By night"), "colours": by_night(brand, action), "base": NIGHTLY},
    ]
    context = {"shop": shop, "schemes": schemes, "remarks": remarks(brand, action)}
    context["may_change"] = may_change
    return render_to_string("admin/branding/_preview.html", context)


@admin.register(Shop)
class ShopAdmin(PictureAdmin, ScopedAdmin):
    """The one shop: its list leads to it."""

    form = ShopForm

    def get_fields(self, request: HttpRequest, obj: Shop | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ["name", "brand_colour", "action_colour", "preview"]
        removing = [REMOVE] if obj and obj.logo_id else []
        return ["name", UPLOAD, *removing, "brand_colour", "action_colour", "preview"]

    def get_readonly_fields(self, request: HttpRequest, obj: Shop | None = None) -> list[str]:
        return ["preview"]

    @admin.display(description=gettext_lazy("This is how it looks"))
    def preview(self, shop: Shop) -> SafeString:
        return preview(shop, may_change=True)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_safe(self.preview_view))
        return [path("preview/", page, name="branding_shop_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Draw the name and the colours of the query, which aren't saved."""
        row = Shop.objects.select_related("logo").first()
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        if not may:
            raise PermissionDenied
        wanted = {name: request.GET.get(name, "") for name in ("name", "brand_colour", "action_colour")}
        shown = Shop(**wanted, logo=row.logo if row else None)
        try:
            shown.clean_fields(exclude=["name", "logo"])
        except ValidationError:
            return HttpResponseBadRequest()
        return HttpResponse(preview(shown, may_change=True))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return super().has_add_permission(request, *args) and not Shop.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one row, or to where it is made."""
        row = Shop.objects.first()
        if row and self.has_view_or_change_permission(request):
            return redirect("admin:branding_shop_change", row.pk)
        if row is None and self.has_add_permission(request):
            return redirect("admin:branding_shop_add")
        return super().changelist_view(request, extra_context)
