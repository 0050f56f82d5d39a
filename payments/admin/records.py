"""The read-only lists of what belongs to a payment, and of what staff did."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bookings.either import either
from bookings.models import Booking
from bookings.money import format_money
from bookings.read_only_admin import ReadOnlyAdmin
from bookings.search import owners
from payments.admin.filters import AlertFilter
from payments.admin.search import find_payments
from payments.models import Dispute, FraudWarning, LostSession, Notification, Payment, Refund, StaffAction
from payments.templatetags.staff import ago, state


class OfPaymentAdmin(ReadOnlyAdmin):
    """Rows about a payment, found by their id at Stripe (``own_id``) or by what finds the payment."""

    event_path = "payment__booking__event"
    list_select_related = ["payment__booking"]
    list_per_page = 50
    readonly_fields: ClassVar[list[str]] = ["created_at"]
    search_fields = ["payment"]
    own_id = "pk"

    @admin.display(description=_("When"), ordering="created_at")
    def when(self, row: Any) -> str:
        return ago(row.created_at)

    @admin.display(description=_("Booking"))
    def booking(self, row: Any) -> Booking | None:
        return row.payment.booking if row.payment else None

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, row: Refund | Dispute) -> str:
        return format_money(row.amount, row.currency)

    @admin.display(description=_("State"), ordering="status")
    def label(self, row: Any) -> SafeString | str:
        return state(row)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        rows = self.model._default_manager.all()
        among = owners(Payment, "payment", queryset)
        of_payments = rows.filter(payment__in=find_payments(search_term, among))
        own = rows.filter(**{self.own_id: search_term}) if self.own_id != "pk" else rows.none()
        return queryset.filter(either(of_payments, own)), False


@admin.register(Refund)
class RefundAdmin(OfPaymentAdmin):
    list_display = ["when", "booking", "money", "label", "origin", "error_code", "accepted_at"]
    list_filter = ["status", "origin"]
    readonly_fields = ["reference", "created_at"]
    own_id = "refund_id"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        # A refund's page names its tickets by their seats.
        return super().get_queryset(request).prefetch_related("tickets__seat")


@admin.register(Dispute)
class DisputeAdmin(OfPaymentAdmin):
    list_display = ["when", "booking", "money", "label", "reason", "checked_at", "dispute_id"]
    list_filter = ["status", "reason"]
    own_id = "dispute_id"


@admin.register(FraudWarning)
class FraudWarningAdmin(OfPaymentAdmin):
    list_display = ["when", "booking", "fraud_type", "is_actionable", "warning_id"]
    list_filter = ["is_actionable", "fraud_type"]
    own_id = "warning_id"


@admin.register(Notification)
class NotificationAdmin(OfPaymentAdmin):
    list_display = ["when", "booking", "kind", "sent_at", "refused_at"]
    list_filter = [
        "kind",
        ("sent_at", admin.EmptyFieldListFilter),
        ("refused_at", admin.EmptyFieldListFilter),
    ]
    fields = ["payment", "kind", "refund", "dispute", "sent_at", "refused_at", "refusal", "created_at"]


@admin.register(StaffAction)
class StaffActionAdmin(ReadOnlyAdmin):
    event_path = "payment__booking__event"
    list_display = ["when", "actor", "action", "booking", "reason", "outcome", "words"]
    list_filter = ["action", "outcome", ("actor", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["actor", "payment__booking", "subscription", "stripe_event"]
    ordering = ["-pk"]
    readonly_fields = ["at"]
    exclude = ["form_id"]

    @admin.display(description=_("When"), ordering="pk")
    def when(self, record: StaffAction) -> str:
        return ago(record.at)

    @admin.display(description=_("About"))
    def booking(self, record: StaffAction) -> object:
        return record.payment.booking if record.payment else record.subscription or record.stripe_event


@admin.register(LostSession)
class LostSessionAdmin(ReadOnlyAdmin):
    """What was sold after the backup that the shop was restored from, and what has become of it."""

    list_display = ["opened", "what", "name", "email", "money", "state", "outcome", "error"]
    list_filter = [AlertFilter, "outcome", "state"]
    search_fields = ["session_id", "reference", "email", "name"]
    list_select_related = ["payment__booking"]

    @admin.display(description=_("When"), ordering="opened_at")
    def opened(self, lost: LostSession) -> str:
        return ago(lost.opened_at)

    @admin.display(description=_("What"))
    def what(self, lost: LostSession) -> str:
        return str(_("Membership")) if lost.is_membership else str(lost)

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, lost: LostSession) -> str:
        return format_money(lost.amount, lost.currency) if lost.currency else "–"
