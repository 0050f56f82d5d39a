"""Codes: their list, the page of each, and many at once."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.of_event import OfEventAdmin, OfEventForm
from bookings.event_filter import NearEventFilter
from bookings.events.codes import LONGEST_PREFIX, MOST, make_single_codes
from bookings.models import Event, SaleCode
from bookings.models.sale_code import normal_code
from bookings.money import format_money
from bookings.typed_money import MoneyField
from bookings.when.typed import ZonedTimeField


def amount_field() -> MoneyField:
    return MoneyField(
        required=False,
        label=gettext_lazy("Amount off"),
        help_text=gettext_lazy("Off the whole booking, such as 5.00."),
    )


class CodeForm(OfEventForm):
    """A code, in capitals however it is typed."""

    code = forms.CharField(max_length=40, help_text=gettext_lazy("Such as SPRING-27. Not case-sensitive."))
    amount_off = amount_field()

    def clean_code(self) -> str:
        return normal_code(self.cleaned_data["code"])


class CodesForm(OfEventForm):
    """Many codes that differ in nothing but their letters; each is for one booking."""

    count = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST)
    beginning = forms.CharField(
        required=False,
        max_length=LONGEST_PREFIX,
        label=gettext_lazy("Starting with"),
        help_text=gettext_lazy("Such as PRESS, followed by random letters."),
    )
    amount_off = amount_field()
    field_order = ["count", "beginning", "note"]

    class Meta:
        model = SaleCode
        fields = (
            *("note", "percent_off", "amount_off", "places_at_most", "types", "opens"),
            *("valid_from", "valid_until"),
        )
        widgets = {"types": forms.CheckboxSelectMultiple, "opens": forms.CheckboxSelectMultiple}
        field_classes = {"valid_from": ZonedTimeField, "valid_until": ZonedTimeField}

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, instance=SaleCode(event=event, code="X", limit=1), **kwargs)

    def clean_beginning(self) -> str:
        beginning = normal_code(self.cleaned_data["beginning"])
        code: Any = SaleCode._meta.get_field("code")
        code.run_validators(beginning or "X")
        return beginning

    def make(self) -> list[SaleCode]:
        """Make the codes and return them."""
        given = self.cleaned_data
        types, opens = given["types"], given["opens"]
        return make_single_codes(
            self.instance, given["count"], prefix=given["beginning"], types=types, opens=opens
        )


class UsedFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return [("none", _("Not used yet")), ("some", _("Used")), ("up", _("Fully used"))]

    def queryset(self, request: HttpRequest, codes: QuerySet[SaleCode]) -> QuerySet[SaleCode]:
        meant: dict[str | None, dict[str, Any]] = {
            "none": {"used": 0},
            "some": {"used__gt": 0},
            "up": {"used__gte": F("limit")},
        }
        return codes.filter(**meant.get(self.value(), {}))


@admin.register(SaleCode)
class SaleCodeAdmin(OfEventAdmin):
    form = CodeForm
    list_display = ["code", "event", "takes_off", "used_of", "note", "valid_until", "is_active"]
    list_filter = [("event", NearEventFilter), UsedFilter, "is_active"]
    search_fields = ["code", "note"]
    ordering = ["-event_id", "code"]
    fieldsets = [
        (None, {"fields": ["event", "code", "note", "is_active"]}),
        (
            gettext_lazy("What it does"),
            {
                "fields": [
                    *("percent_off", "amount_off", "places_at_most", "types", "opens"),
                ]
            },
        ),
        (
            gettext_lazy("Limits"),
            {
                "fields": [
                    *("limit", "limit_per_customer", "valid_from", "valid_until"),
                ]
            },
        ),
    ]

    def sum_up(self, row: SaleCode) -> str:
        used = _("used %(used)s") % {"used": self.used_of(row)}
        return ", ".join(filter(None, [self.takes_off(row), used, row.note]))

    @admin.display(description=gettext_lazy("Takes off"))
    def takes_off(self, code: SaleCode) -> str:
        if code.percent_off is not None:
            return f"{code.percent_off} %"
        return "–" if code.amount_off is None else format_money(code.amount_off, code.event.currency)

    @admin.display(description=gettext_lazy("Used"), ordering="used")
    def used_of(self, code: SaleCode) -> str:
        if code.limit is None:
            return str(code.used)
        return _("%(used)d of %(limit)d") % {"used": code.used, "limit": code.limit}
