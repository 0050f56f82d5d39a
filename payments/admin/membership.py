"""Memberships: who has one, and what Stripe says about it."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from bookings.addresses.normal_form import beginning, readable
from payments.admin.actions import explain
from payments.admin.filters import AlertFilter
from payments.admin.mixins import ComparisonMixin, buttons
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import Action, Subscription
from payments.staff.actions.memberships import look, look_at_stray, open_strays
from payments.staff.timeline import timeline
from payments.templatetags.staff import ago, state


@admin.register(Subscription)
class SubscriptionAdmin(ComparisonMixin):
    list_display = ["address", "label", "plan", "until", "checked", "opened"]
    list_filter = [AlertFilter, "status", "money", "plan", "cancel_at_period_end"]
    list_select_related = ["plan"]
    page_select_related = ["plan", "customer", "accepted_terms"]
    list_per_page = 50
    search_fields = ["email"]
    search_help_text = gettext_lazy("Email, reference or Stripe ID.")
    exclude = ["checkout_url"]
    readonly_fields = [
        *("reference", "created_at"),
        *("asked_at", "checked_at", "checks", "next_check_at", "check_problem", "check_error"),
    ]
    action_templates = "admin/payments/actions/membership"
    no_sense = gettext_lazy("That’s not possible for this membership right now.")
    change_form_template = "admin/payments/subscription/change_form.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        term = search_term.replace("\0", "").strip()
        ids = Q(subscription_id=term) | Q(session_id=term) | Q(stripe_customer_id=term) | Q(reference=term)
        return queryset.filter(ids | Q(email__istartswith=beginning(term))) if term else queryset, False

    @admin.display(description=gettext_lazy("Email"), ordering="email")
    def address(self, subscription: Subscription) -> str:
        return readable(subscription.email)

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def label(self, subscription: Subscription) -> SafeString | str:
        return state(subscription)

    @admin.display(description=gettext_lazy("Benefits until"), ordering="entitled_until")
    def until(self, subscription: Subscription) -> str:
        return ago(subscription.entitled_until)

    @admin.display(description=gettext_lazy("Last checked"), ordering="checked_at")
    def checked(self, subscription: Subscription) -> str:
        return ago(subscription.checked_at)

    @admin.display(description=gettext_lazy("Opened"), ordering="created_at")
    def opened(self, subscription: Subscription) -> str:
        return ago(subscription.created_at)

    def describe(self, request: HttpRequest, row: Subscription) -> dict[str, Any]:
        entries = timeline(row)
        shown = buttons(row, cast(User, request.user), entries)
        preferred = [Action.LET_GO, Action.ADOPT]
        advised = next((action for action in preferred if action in shown["actions"]), Action.ASK)
        strays = open_strays(row)
        return {"subscription": row, "entries": entries, "advised": advised, "strays": strays, **shown}

    def explain_action(self, row: Subscription, action: Action) -> dict[str, Any]:
        if action == Action.NOTE:
            return {}
        if action == Action.ADOPT:
            return self._explain_adoption(row)
        try:
            return {"at_stripe": look(row)}
        except (StripeUnavailable, StripeRefused) as error:
            return {"failure": explain(error)}

    def _explain_adoption(self, row: Subscription) -> dict[str, Any]:
        stray = open_strays(row).first()
        if stray is None:
            return {}
        current = Subscription.objects.current().filter(customer=row.customer).select_related("plan").first()
        try:
            return {"stray": stray, "current": current, "at_stripe": look_at_stray(stray)}
        except (StripeUnavailable, StripeRefused) as error:
            return {"stray": stray, "current": current, "failure": explain(error)}
