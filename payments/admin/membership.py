"""Memberships: what is on offer, who has one, and what Stripe says of it."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.read_only_admin import ReadOnlyPageAdmin
from payments.admin.actions import ActionPage, explain
from payments.admin.filters import AlertFilter
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import Action, StripeEvent, Subscription
from payments.staff.actions.memberships import POSSIBLE, possible, version_of
from payments.staff.actions.payments import PERMISSIONS
from payments.staff.comparison import compare
from payments.staff.comparison.lines import Comparison, NothingToCompare
from payments.staff.timeline import timeline
from payments.templatetags.staff import ago, state


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyPageAdmin):
    list_display = ["email", "label", "plan", "until", "checked", "opened"]
    list_filter = [AlertFilter, "status", "plan", "cancel_at_period_end"]
    list_select_related = ["plan"]
    page_select_related = ["plan", "customer"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["email"]
    search_help_text = gettext_lazy("E-mail, reference, or an id of Stripe’s.")
    exclude = ["checkout_url"]
    readonly_fields = [
        *("reference", "created_at"),
        *("asked_at", "checked_at", "checks", "next_check_at", "check_error"),
    ]
    change_form_template = "admin/payments/subscription/change_form.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        term = search_term.replace("\0", "").strip()
        ids = Q(subscription_id=term) | Q(session_id=term) | Q(stripe_customer_id=term) | Q(reference=term)
        return queryset.filter(ids | Q(email__istartswith=term)) if term else queryset, False

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def label(self, subscription: Subscription) -> SafeString | str:
        return state(subscription)

    @admin.display(description=gettext_lazy("Gives its benefits until"), ordering="entitled_until")
    def until(self, subscription: Subscription) -> str:
        return ago(subscription.entitled_until)

    @admin.display(description=gettext_lazy("Stripe said so"), ordering="checked_at")
    def checked(self, subscription: Subscription) -> str:
        return ago(subscription.checked_at)

    @admin.display(description=gettext_lazy("Opened"), ordering="created_at")
    def opened(self, subscription: Subscription) -> str:
        return ago(subscription.created_at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/compare/", view(self.compare), name="payments_subscription_compare"),
            path("<int:pk>/<slug:action>/do/", view(self.do), name="payments_subscription_do"),
            *super().get_urls(),
        ]

    def describe(self, request: HttpRequest, row: Subscription) -> dict[str, Any]:
        return {"subscription": row, **_describe(row, cast(User, request.user))}

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the page with what Stripe says now beside what is known here."""
        subscription = self._get(request, pk)
        if not request.user.has_perm(PERMISSIONS[Action.ASK]):
            raise PermissionDenied
        return self.change_view(request, str(pk), "", {"comparison": _compare(subscription)})

    def do(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Ask whether ``action`` shall be done to a membership, and why; do it when the answer comes."""
        subscription = self._get(request, pk)
        if action not in POSSIBLE:
            raise Http404
        wanted = Action(action)
        page = ActionPage(request, wanted, subscription=subscription, version=version_of(subscription))
        if page.is_answered:
            page.execute()
        elif wanted not in possible(subscription):
            messages.error(request, _("That makes no sense for this membership as it is now."))
        else:
            return page.render(self.admin_site)
        return redirect("admin:payments_subscription_change", pk)

    def _get(self, request: HttpRequest, pk: int) -> Subscription:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Subscription.objects.select_related("plan"), pk=pk)


def _describe(subscription: Subscription, user: User) -> dict[str, Any]:
    """Return what the page of ``subscription`` shows to ``user``; nothing is asked of Stripe."""
    entries = timeline(subscription)
    actions = [action for action in possible(subscription) if user.has_perm(PERMISSIONS[action])]
    events = [entry.subject for entry in entries if isinstance(entry.subject, StripeEvent)]
    return {
        "entries": entries,
        "actions": actions,
        "advised": Action.LET_GO if Action.LET_GO in actions else Action.ASK,
        "may_ask": user.has_perm(PERMISSIONS[Action.ASK]),
        "unapplied": [event for event in events if not event.is_decided],
    }


def _compare(subscription: Subscription) -> Comparison | dict[str, str]:
    try:
        return compare(subscription)
    except NothingToCompare:
        return {"failure": _("It has no session at Stripe, so there is nothing to compare.")}
    except (StripeUnavailable, StripeRefused) as error:
        return {"failure": explain(error)}
