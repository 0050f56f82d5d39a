from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.read_only_admin import ReadOnlyAdmin
from bookings.staff.access import is_limited
from privacy.erasing import NotErasable, Obstacle, erase_customer, obstacles
from privacy.models import Erasure
from privacy.person import Person
from privacy.views import file_of

MAY_ERASE, MAY_EXPORT = "privacy.add_erasure", "privacy.export_customer"


class FindForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("The customer’s address"), max_length=254)


class EraseForm(FindForm):
    """Asks for the address once more, so that nobody is erased by a click."""

    email = forms.EmailField(max_length=254, widget=forms.HiddenInput)
    typed = forms.CharField(label=gettext_lazy("Type the address again"), required=False, max_length=254)
    force = forms.BooleanField(label=gettext_lazy("Erase anyway"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("typed", "").strip().lower() != cleaned.get("email", "").lower():
            self.add_error("typed", _("The addresses don’t match."))
        return cleaned


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """What was erased, and the pages that erase a customer or download what is kept about one."""

    list_display = ["digest", "at", "by", "bookings", "was_forced"]
    list_select_related = ["by"]
    change_list_template = "admin/privacy/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.customer)
        return [path("customer/", view, name="privacy_erasure_customer"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**_rights(request), **(extra_context or {})})

    def customer(self, request: HttpRequest) -> HttpResponse:
        """Show what is kept about an address, and erase or download it once the form comes back."""
        may = _rights(request)
        if not any(may.values()):
            raise PermissionDenied
        find = FindForm(request.POST if request.method == "POST" else request.GET or None)
        form = EraseForm(initial={"email": find.data.get("email", "")})
        person = Person(find.cleaned_data["email"]) if find.is_valid() else None
        if person and request.method == "POST":
            if "export" in request.POST:
                if not may["may_export"]:
                    raise PermissionDenied
                return file_of(person)
            form = EraseForm(request.POST)
            if not may["may_erase"]:
                raise PermissionDenied
            if form.is_valid() and self._erase(request, form):
                return redirect("admin:privacy_erasure_changelist")
        return self._page(request, find, form, person, may)

    def _erase(self, request: HttpRequest, form: EraseForm) -> bool:
        email, force = form.cleaned_data["email"], form.cleaned_data["force"]
        try:
            number = erase_customer(email, by=request.user, force=force)  # type: ignore[arg-type]
        except NotErasable:
            messages.error(request, _("Not erased. See the reasons below."))
            return False
        words = _("Customer erased from %(number)d bookings. Delete Stripe’s own records in its dashboard.")
        nothing = _("No data stored for this address.")
        messages.success(request, nothing if number is None else words % {"number": number})
        return True

    def _page(
        self,
        request: HttpRequest,
        find: FindForm,
        form: EraseForm,
        person: Person | None,
        may: dict[str, bool],
    ) -> HttpResponse:
        why_not: list[Obstacle] = obstacles(person) if person else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Customer data"),
            "opts": self.opts,
            "find": find,
            "form": form,
            "person": person,
            "obstacles": why_not,
            "is_firm": any(one.firm for one in why_not),
            **may,
            "bookings": person.bookings.select_related("event") if person else [],
        }
        return TemplateResponse(request, "admin/privacy/customer.html", context)


def _rights(request: HttpRequest) -> dict[str, bool]:
    """Return what whoever asks may do; a customer has to do with all events, and limited staff don't."""
    user = request.user
    has_all = not is_limited(user)
    return {
        "may_erase": has_all and user.has_perm(MAY_ERASE),
        "may_export": has_all and user.has_perm(MAY_EXPORT),
    }
