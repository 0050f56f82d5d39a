"""Payments: found by anything that a customer has in hand, and understood on one page."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BookedSeat
from bookings.money import format_money
from bookings.read_only_admin import ReadOnlyPageAdmin
from payments.admin.actions import ActionPage, explain
from payments.admin.bulk import BulkMixin
from payments.admin.filters import AlertFilter
from payments.admin.payment_page import describe
from payments.admin.search import matching
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import Action, Payment
from payments.staff.actions.payments import PERMISSIONS, POSSIBLE, possible, version_of
from payments.staff.comparison import compare
from payments.staff.comparison.lines import Comparison, NothingToCompare
from payments.templatetags.staff import ago, state


@admin.register(Payment)
class PaymentAdmin(BulkMixin, ReadOnlyPageAdmin):
    bulk_actions = [Action.ASK, Action.RESEND]
    list_display = ["customer", "label", "money", "seats", "at_stripe", "booking", "opened"]
    list_filter = [AlertFilter, "status", "stripe_state", "problem", "booking__event"]
    list_select_related = ["booking"]
    page_select_related = ["booking__event"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["reference"]
    search_help_text = gettext_lazy(
        "E-mail, name, booking or ticket reference, seat, amount, last four digits, or any id of Stripe’s."
    )
    exclude = ["attempt", "fingerprint", "checkout_url"]
    readonly_fields = [
        *("reference", "created_at"),
        *("asked_at", "checked_at", "checks", "next_check_at", "check_error"),
    ]

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        booked = BookedSeat.objects.current().select_related("seat").order_by("seat_id")
        asked_for = Prefetch("booking__booked_seats", booked, to_attr="asked_for")
        return super().get_queryset(request).prefetch_related(asked_for)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        return queryset.filter(matching(search_term)) if search_term else queryset, False

    @admin.display(description=gettext_lazy("Customer"), ordering="booking__email")
    def customer(self, payment: Payment) -> SafeString:
        return format_html("{}<br>{}", payment.booking.name, payment.booking.email)

    @admin.display(description=gettext_lazy("Seats"))
    def seats(self, payment: Payment) -> str:
        return ", ".join(booked.seat.label for booked in cast(Any, payment.booking).asked_for)

    @admin.display(description=gettext_lazy("Amount"), ordering="amount")
    def money(self, payment: Payment) -> str:
        return format_money(payment.amount, payment.currency)

    @admin.display(description=gettext_lazy("Here"), ordering="status")
    def label(self, payment: Payment) -> str:
        label = state(payment)
        return format_html("{}<br>{}", label, payment.get_problem_display()) if payment.problem else label

    @admin.display(description=gettext_lazy("At Stripe"), ordering="stripe_state")
    def at_stripe(self, payment: Payment) -> str:
        label = state(payment, "stripe_state")
        return format_html("{} {}", label, ago(payment.checked_at)) if payment.checked_at else label

    @admin.display(description=gettext_lazy("Opened"), ordering="created_at")
    def opened(self, payment: Payment) -> str:
        return ago(payment.created_at)

    # The pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("find/", view(self.find), name="payments_payment_find"),
            path("<int:payment_id>/compare/", view(self.compare), name="payments_payment_compare"),
            path("<int:payment_id>/<slug:action>/do/", view(self.do), name="payments_payment_do"),
            *super().get_urls(),
        ]

    def find(self, request: HttpRequest) -> HttpResponse:
        """Lead to the one payment that is meant by ``q``, else to the list of those that may be."""
        self._require_view(request)
        typed = request.GET.get("q", "").replace("\0", "").strip()
        found = list(Payment.objects.filter(matching(typed)).values_list("pk", flat=True)[:2])
        if len(found) == 1:
            return redirect("admin:payments_payment_change", found[0])
        return redirect(reverse("admin:payments_payment_changelist", query={"q": typed}))

    def describe(self, request: HttpRequest, row: Payment) -> dict[str, Any]:
        return describe(row, cast(User, request.user))

    def compare(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Show a payment's page with what Stripe says now beside what is known here."""
        payment = self._get(request, payment_id)
        if not request.user.has_perm(PERMISSIONS[Action.ASK]):
            raise PermissionDenied
        return self.change_view(request, str(payment_id), "", {"comparison": self._compare(payment)})

    def _compare(self, payment: Payment) -> Comparison | dict[str, str]:
        try:
            return compare(payment)
        except NothingToCompare:
            return {"failure": _("It has no session at Stripe, so there is nothing to compare.")}
        except (StripeUnavailable, StripeRefused) as error:
            return {"failure": explain(error)}

    def do(self, request: HttpRequest, payment_id: int, action: str) -> HttpResponse:
        """Ask whether ``action`` shall be done to a payment, and why; do it when the answer comes."""
        payment = self._get(request, payment_id)
        if action not in POSSIBLE:
            raise Http404
        wanted = Action(action)
        page = ActionPage(request, wanted, payment=payment, version=version_of(payment))
        if page.is_answered:
            page.execute()
        elif wanted not in possible(payment):
            messages.error(request, _("That makes no sense for this payment as it is now."))
        else:
            return page.render(self.admin_site)
        return redirect("admin:payments_payment_change", payment.pk)

    def _get(self, request: HttpRequest, payment_id: int) -> Payment:
        self._require_view(request)
        return get_object_or_404(Payment.objects.with_booking(), pk=payment_id)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
