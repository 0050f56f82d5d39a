from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from legal.markup import render
from legal.models import House, Kind, LegalText, publish

HOW = gettext_lazy("Blank line: paragraph. #: heading. -: list item. Addresses become links.")


@admin.register(House)
class HouseAdmin(admin.ModelAdmin):
    """The one house: its list leads to it."""

    readonly_fields = ["receipts_from"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not House.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_view_or_change_permission(request) and (house := House.current()):
            return redirect("admin:legal_house_change", house.pk)
        return super().changelist_view(request, extra_context)


class PublishForm(forms.ModelForm):
    """Asks for the next version of a text, in every language; it begins as the last one of its kind."""

    class Meta:
        model = LegalText
        fields = ["kind"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = LegalText.objects.current(self.initial.get("kind", ""))
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=name,
                required=code == settings.LANGUAGE_CODE,
                initial=last.texts.get(code, "") if last else "",
                widget=forms.Textarea(attrs={"rows": 18, "cols": 90, "lang": code}),
                help_text=HOW,
            )

    @property
    def texts(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"text_{code}"] for code, _name in settings.LANGUAGES}


@admin.register(LegalText)
class LegalTextAdmin(admin.ModelAdmin):
    """Versions are published by being added, and can only be read after that."""

    list_display = ["__str__", "published_at", "published_by"]
    list_filter = ["kind"]
    list_select_related = ["published_by"]
    form = PublishForm
    change_list_template = "admin/legal/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"kinds": Kind.choices, **(extra_context or {})})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return PublishForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: LegalText | None = None) -> Any:
        if obj is None:
            names = ["kind", *(f"text_{code}" for code, _name in settings.LANGUAGES)]
            return [(None, {"fields": names})]
        return [(None, {"fields": self.get_readonly_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: LegalText | None = None) -> list[str]:
        return ["kind", "version", "published_at", "published_by", "shown"] if obj else []

    @admin.display(description=gettext_lazy("Text"))
    def shown(self, row: LegalText) -> SafeString:
        names = dict(settings.LANGUAGES)
        parts = [
            format_html("<h2>{}</h2>{}", names.get(code, code), render(row.texts[code])) for code in row.texts
        ]
        return format_html("<div>" + "{}" * len(parts) + "</div>", *parts)

    def save_model(self, request: HttpRequest, obj: LegalText, form: Any, change: bool) -> None:
        made = publish(obj.kind, form.texts, request.user)
        obj.__dict__.update(made.__dict__)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        title = _("Publish text")
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})
