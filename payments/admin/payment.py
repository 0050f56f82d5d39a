"""Payments: found by anything that a customer can name, and understood on one page."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from bookings.addresses.normal_form import readable
from bookings.event_filter import NearEventFilter
from bookings.models import BookedSeat
from bookings.money import format_money
from bookings.staff.access import within_scope
from payments.admin.actions import explain
from payments.admin.bulk import BulkMixin
from payments.admin.counter import find_sale
from payments.admin.filters import AlertFilter
from payments.admin.holds import holds_page
from payments.admin.mixins import ComparisonMixin
from payments.admin.payment_page import describe
from payments.admin.search import find_payments
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger.verification import compare_with_stripe
from payments.models import Action, Payment
from payments.templatetags.staff import ago, state


@admin.register(Payment)
class PaymentAdmin(BulkMixin, ComparisonMixin):
    action_templates = "admin/payments/actions/payment"
    event_path = "booking__event"
    bulk_actions = [Action.ASK, Action.RESEND, Action.RELEASE, Action.END_TEST]
    list_display = ["customer", "label", "money", "seats", "at_stripe", "booking", "opened"]
    list_filter = [AlertFilter, "status", "stripe_state", "problem", ("booking__event", NearEventFilter)]
    list_select_related = ["booking"]
    page_select_related = ["booking__event"]
    no_sense = gettext_lazy("That’s not possible for this payment right now.")
    list_per_page = 50
    search_fields = ["reference"]
    search_help_text = gettext_lazy(
        "Email, name, booking number, seat, amount, last four card digits or Stripe ID."
    )
    exclude = ["attempt", "fingerprint", "checkout_url", "exchanged_tickets"]
    readonly_fields = [
        *("reference", "created_at"),
        *("asked_at", "checked_at", "checks", "next_check_at", "check_problem", "check_error"),
    ]

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        booked = BookedSeat.objects.current().select_related("seat").order_by("seat_id")
        asked_for = Prefetch("booking__booked_seats", booked, to_attr="asked_for")
        return super().get_queryset(request).prefetch_related(asked_for)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        found = queryset.filter(pk__in=find_payments(search_term, queryset)) if search_term else queryset
        return found, False

    @admin.display(description=gettext_lazy("Customer"), ordering="booking__email")
    def customer(self, payment: Payment) -> SafeString:
        return format_html("{}<br>{}", payment.booking.name, readable(payment.booking.email))

    @admin.display(description=gettext_lazy("Seats"))
    def seats(self, payment: Payment) -> str:
        return ", ".join(booked.seat.label for booked in cast(Any, payment.booking).asked_for)

    @admin.display(description=gettext_lazy("Amount"), ordering="amount")
    def money(self, payment: Payment) -> str:
        return format_money(payment.total, payment.currency)

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
        find = self.admin_site.admin_view(self.find)
        holds = self.admin_site.admin_view(self.holds)
        return [
            path("find/", find, name="payments_payment_find"),
            path("holds/<int:event_id>/", holds, name="payments_payment_holds"),
            *super().get_urls(),
        ]

    def holds(self, request: HttpRequest, event_id: int) -> HttpResponse:
        return holds_page(request, event_id, {**self.admin_site.each_context(request), "opts": self.opts})

    def find(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the payment or counter sale that matches ``q``; to the list if not exactly one does."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        typed = request.GET.get("q", "").replace("\0", "").strip()
        found = find_payments(typed, within_scope(Payment.objects.all(), request.user, "booking__event"))
        if not found and (sale := find_sale(request, typed)):
            return redirect("admin:payments_countersale_change", sale.pk)
        if len(found) == 1:
            return redirect("admin:payments_payment_change", found[0])
        return redirect(reverse("admin:payments_payment_changelist", query={"q": typed}))

    def describe(self, request: HttpRequest, row: Payment) -> dict[str, Any]:
        return describe(row, cast(User, request.user))

    def explain_action(self, row: Payment, action: Action) -> dict[str, Any]:
        known = {"booking": row.booking, "seats": row.booking.seat_labels}
        return {**known, **EXPLANATIONS.get(action, lambda payment: {})(row)}


def _look(payment: Payment) -> dict[str, Any]:
    try:
        state, judgement = compare_with_stripe(payment)
    except (StripeUnavailable, StripeRefused) as error:
        return {"failure": explain(error)}
    return {"stripe_state": state, "judgement": judgement}


def _undrawn(payment: Payment) -> dict[str, Any]:
    undrawn = payment.booking.tickets.exclude(drawing_error="").select_related("seat").defer("qr_png")
    return {"undrawn": undrawn}


EXPLANATIONS = {Action.ASK: _look, Action.REDRAW: _undrawn, Action.RELEASE: _look}
