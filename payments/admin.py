import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bookings.ledger import LedgerAdmin, LedgerInline
from bookings.models import Booking
from bookings.money import format_money
from payments.models import Dispute, FraudWarning, Notice, Payment, Refund, StripeEvent, Transition

OF_PAYMENT = [
    *("payment__reference", "payment__session_id", "payment__payment_intent_id"),
    *("payment__booking__reference", "payment__booking__ticket_reference"),
    *("payment__booking__name", "payment__booking__email"),
]


class TransitionInline(LedgerInline):
    model = Transition
    fields = ["at", "from_status", "to_status", "cause"]
    show_change_link = False


class RefundInline(LedgerInline):
    model = Refund
    fields = ["created_at", "amount", "currency", "status", "origin", "error_code", "refund_id"]


class DisputeInline(LedgerInline):
    model = Dispute
    fields = ["created_at", "amount", "currency", "status", "reason", "dispute_id"]


@admin.register(Payment)
class PaymentAdmin(LedgerAdmin):
    list_display = [
        *("created_at", "booking", "customer", "money", "status", "problem", "processed_at"),
        *("stripe_state", "checks", "next_check_at", "check_error"),
    ]
    list_filter = [
        *("status", "problem", "stripe_state", ("check_error", admin.EmptyFieldListFilter)),
        "booking__event",
    ]
    list_select_related = ["booking"]
    search_fields = [
        *("reference", "session_id", "payment_intent_id"),
        *("booking__reference", "booking__ticket_reference", "booking__name", "booking__email"),
    ]
    exclude = ["attempt", "fingerprint"]
    readonly_fields = ["reference", "created_at"]
    inlines = [TransitionInline, RefundInline, DisputeInline]

    @admin.display(description=_("Customer"), ordering="booking__email")
    def customer(self, payment: Payment) -> str:
        return f"{payment.booking.name}, {payment.booking.email}"

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, payment: Payment) -> str:
        return format_money(payment.amount, payment.currency)


class OfPaymentAdmin(LedgerAdmin):
    """Rows about a payment, found by what its customer has in hand."""

    list_select_related = ["payment__booking"]
    readonly_fields = ["created_at"]

    @admin.display(description=_("Booking"))
    def booking(self, row: Refund | Dispute | FraudWarning | Notice) -> Booking:
        return row.payment.booking

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, row: Refund | Dispute) -> str:
        return format_money(row.amount, row.currency)


@admin.register(Refund)
class RefundAdmin(OfPaymentAdmin):
    list_display = ["created_at", "booking", "money", "status", "origin", "error_code", "accepted_at"]
    list_filter = ["status", "origin"]
    search_fields = ["refund_id", "reference", *OF_PAYMENT]
    readonly_fields = ["reference", "created_at"]


@admin.register(Dispute)
class DisputeAdmin(OfPaymentAdmin):
    list_display = ["created_at", "booking", "money", "status", "reason", "checked_at", "dispute_id"]
    list_filter = ["status", "reason"]
    search_fields = ["dispute_id", *OF_PAYMENT]


@admin.register(FraudWarning)
class FraudWarningAdmin(OfPaymentAdmin):
    list_display = ["created_at", "booking", "fraud_type", "is_actionable", "warning_id"]
    list_filter = ["is_actionable", "fraud_type"]
    search_fields = ["warning_id", *OF_PAYMENT]


@admin.register(Notice)
class NoticeAdmin(OfPaymentAdmin):
    list_display = ["created_at", "booking", "news", "sent_at"]
    list_filter = ["news", ("sent_at", admin.EmptyFieldListFilter)]
    search_fields = OF_PAYMENT


@admin.register(StripeEvent)
class StripeEventAdmin(LedgerAdmin):
    list_display = ["received_at", "type", "booking", "outcome", "deliveries", "event_id"]
    list_filter = ["outcome", "type"]
    list_select_related = ["payment__booking"]
    search_fields = ["event_id", "body", "payment__reference"]
    exclude = ["body", "headers", "traceback"]
    readonly_fields = ["received_at", "pretty_payload", "pretty_headers", "pretty_traceback"]

    @admin.display(description=_("Booking"))
    def booking(self, event: StripeEvent) -> Booking | None:
        return event.payment.booking if event.payment else None

    @admin.display(description=_("Payload"))
    def pretty_payload(self, event: StripeEvent) -> SafeString:
        return _preformatted(json.dumps(event.payload, indent=2))

    @admin.display(description=_("Headers"))
    def pretty_headers(self, event: StripeEvent) -> SafeString:
        return _preformatted("\n".join(f"{name}: {value}" for name, value in event.headers.items()))

    @admin.display(description=_("Traceback"))
    def pretty_traceback(self, event: StripeEvent) -> SafeString:
        return _preformatted(event.traceback or "-")


def _preformatted(text: str) -> SafeString:
    return format_html("<pre>{}</pre>", text)
