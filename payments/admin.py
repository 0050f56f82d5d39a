import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bookings.ledger import LedgerAdmin
from bookings.models import Booking
from bookings.money import format_money
from payments.models import Payment, StripeEvent, Transition


class TransitionInline(admin.TabularInline):
    model = Transition
    fields = ["at", "from_status", "to_status", "cause"]
    readonly_fields = ["at", "from_status", "to_status", "cause"]
    extra = 0
    can_delete = False

    def has_add_permission(self, *args: object) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(LedgerAdmin):
    list_display = ["created_at", "booking", "customer", "money", "status", "problem", "processed_at"]
    list_filter = ["status", "problem", "booking__event"]
    list_select_related = ["booking"]
    search_fields = [
        *("reference", "session_id", "payment_intent_id"),
        *("booking__reference", "booking__ticket_reference", "booking__name", "booking__email"),
    ]
    exclude = ["attempt", "fingerprint"]
    readonly_fields = ["reference", "created_at"]
    inlines = [TransitionInline]

    @admin.display(description=_("Customer"), ordering="booking__email")
    def customer(self, payment: Payment) -> str:
        return f"{payment.booking.name}, {payment.booking.email}"

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, payment: Payment) -> str:
        return format_money(payment.amount, payment.currency)


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
