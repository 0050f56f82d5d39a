"""Plans: the memberships on offer, and what Stripe says that they cost."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.money import format_money
from bookings.staff.kept_admin import KeptAdmin
from bookings.staff.scoped_admin import ScopedAdmin
from payments.admin.actions import explain
from payments.gateway.billing import subscriptions
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import Plan


class PlanForm(forms.ModelForm):
    """
    A plan. What it costs is read from its price at Stripe, which is what will be charged.

    ``told`` is that price, or why it can't be the price of a plan.
    """

    told: subscriptions.StripePrice | str = ""

    def clean_price_id(self) -> str:
        if isinstance(self.told, str):
            raise forms.ValidationError(self.told)
        self.instance.amount, self.instance.currency = self.told.amount, self.told.currency
        self.instance.interval = self.told.interval
        return self.cleaned_data["price_id"]


def _ask_for_price(price_id: str) -> subscriptions.StripePrice | str:
    try:
        return subscriptions.fetch_price(price_id)
    except subscriptions.NoPlan as error:
        return str(error)
    except (StripeUnavailable, StripeRefused) as error:
        return explain(error)


@admin.register(Plan)
class PlanAdmin(KeptAdmin, ScopedAdmin):
    form = PlanForm
    list_display = ["name", "money", "interval", "is_offered", "discount_percent", "seats_per_event"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["amount", "currency", "interval"]
    fields = [
        *("name", "slug", "description", "price_id", "amount", "currency", "interval", "is_offered"),
        *("has_presale", "discount_percent", "seats_per_event"),
    ]

    @admin.display(description=gettext_lazy("Costs"), ordering="amount")
    def money(self, plan: Plan) -> str:
        return format_money(plan.amount, plan.currency)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask Stripe what the plan costs before Django opens its transaction."""
        price_id = request.POST.get("price_id", "").strip()
        if price_id and (self.has_add_permission(request) or self.has_change_permission(request)):
            request.told = _ask_for_price(price_id)  # type: ignore[attr-defined]
        return super().changeform_view(request, *args, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Plan | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.told = getattr(request, "told", "")
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> list[str]:
        """A plan that has members keeps its price, or they would pay for no plan."""
        fields = list(self.readonly_fields)
        return [*fields, "price_id"] if obj and obj.subscriptions.exists() else fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else self.prepopulated_fields

    def why_not_deletable(self, row: Plan) -> str:
        if not row.subscriptions.exists():
            return ""
        return _("“%(plan)s” has had members. Withdraw it instead.") % {"plan": row}
