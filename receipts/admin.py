from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bookings.money import format_money
from bookings.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from bookings.staff.access import is_limited
from payments.mode import is_live
from receipts.models import Receipt, ReceiptRate
from receipts.reports import between, csv_lines, totals
from receipts.web.documents import receipt_pdf, receipts_with_facts

MAY_EXPORT = "receipts.export_receipts"


def _signed(amount: int, currency: str) -> str:
    words = format_money(abs(amount), currency)
    return f"\N{MINUS SIGN}{words}" if amount < 0 else words


class PeriodForm(forms.Form):
    """Asks for the days of a report."""

    first = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    test = forms.BooleanField(label=_("Test mode"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "first" in cleaned and "last" in cleaned and cleaned["first"] > cleaned["last"]:
            raise forms.ValidationError(_("The last day can’t be before the first."))
        return cleaned

    @property
    def rates(self) -> QuerySet[ReceiptRate]:
        period = self.cleaned_data
        return between(period["first"], period["last"], is_live=not period["test"])


def this_year() -> dict[str, Any]:
    today = timezone.localdate()
    return {"first": date(today.year, 1, 1), "last": today, "test": not is_live()}


class RateInline(ReadOnlyInline):
    model = ReceiptRate
    fields = ["basis_points", "net", "vat", "gross", "reason"]
    show_change_link = False


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ["number", "kind", "issued_at", "buyer", "title", "money", "document"]
    list_filter = ["kind", "series__is_live", "issued_at"]
    search_fields = ["number__istartswith"]
    search_help_text = _("Start of a receipt number.")
    list_select_related = ["series"]
    inlines = [RateInline]
    change_list_template = "admin/receipts/change_list.html"

    @admin.display(description=_("Total"))
    def money(self, receipt: Receipt) -> str:
        return _signed(receipt.gross, receipt.currency)

    @admin.display(description=_("Document"))
    def document(self, receipt: Receipt) -> SafeString:
        url = reverse("admin:receipts_receipt_pdf", args=[receipt.pk])
        return format_html('<a href="{}">PDF</a>', url)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("totals/", view(self.totals), name="receipts_receipt_totals"),
            path("export/", view(self.export), name="receipts_receipt_export"),
            path("<int:pk>/pdf/", view(self.pdf), name="receipts_receipt_pdf"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"may_export": request.user.has_perm(MAY_EXPORT)}
        return super().changelist_view(request, {**may, **(extra_context or {})})

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return receipt_pdf(request, get_object_or_404(receipts_with_facts(), pk=pk))

    def totals(self, request: HttpRequest) -> HttpResponse:
        """Show what was issued by month and rate; this year, unless other days are asked for."""
        form = _period(request)
        rows = totals(form.rates) if form.is_valid() else []
        for row in rows:
            points = row["basis_points"]
            row["rate"] = _("Tax at the checkout") if points is None else f"{points / 100:g} %"
            row |= {name: _signed(row[name], row["receipt__currency"]) for name in ("net", "vat", "gross")}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Totals of receipts"),
            "form": form,
            "rows": rows,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/receipts/totals.html", context)

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        form = _period(request)
        if not form.is_valid():
            return HttpResponse(status=400)
        name = f"receipts-{form.cleaned_data['first']}-{form.cleaned_data['last']}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(csv_lines(form.rates), "text/csv; charset=utf-8", headers=headers)


def _period(request: HttpRequest) -> PeriodForm:
    # The totals are of all events, so whoever is limited to some hasn't this page.
    if is_limited(request.user) or not request.user.has_perm(MAY_EXPORT):
        raise PermissionDenied
    return PeriodForm(request.GET if "first" in request.GET else this_year())
