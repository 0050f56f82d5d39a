"""Stripe's events: what each said, what became of it, and the button that replays it."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from payments.admin.bulk import BulkMixin
from payments.admin.filters import AlertFilter, TypeFilter
from payments.admin.mixins import ActionMixin
from payments.admin.records import OfPaymentAdmin
from payments.gateway.checkout.session_objects import session_of
from payments.gateway.objects import UnknownState
from payments.ledger.state_matrix import judge
from payments.models import Action, Payment, StripeEvent, StripeState
from payments.staff.actions import PERMISSIONS
from payments.templatetags.staff import ago, state
from payments.webhook import memberships, payments
from payments.webhook.routing import handler_of
from payments.webhook.thin import is_thin


@admin.register(StripeEvent)
class StripeEventAdmin(BulkMixin, ActionMixin, OfPaymentAdmin):
    bulk_actions = [Action.REPLAY]
    action_templates = "admin/payments/actions/event"
    list_display = ["type", "label", "booking", "deliveries", "when", "event_id"]
    list_filter = [AlertFilter, "outcome", TypeFilter]
    readonly_fields = []
    own_id = "event_id"
    page_select_related = ["payment__booking__event"]
    no_sense = gettext_lazy("Already applied: replaying it would change nothing.")
    no_sense_level = messages.INFO
    exclude = ["body", "headers", "traceback", "reason"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        rows = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "").endswith("_changelist")
        return rows.defer("body", "headers", "traceback", "reason") if is_list else rows

    @admin.display(description=gettext_lazy("State"), ordering="outcome")
    def label(self, row: Any) -> SafeString | str:
        return state(row, "outcome")

    @admin.display(description=gettext_lazy("Came"), ordering="received_at")
    def when(self, row: StripeEvent) -> str:
        return ago(row.received_at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replay)
        replay = path("<int:event_id>/replay/", view, name="payments_stripeevent_replay")
        return [replay, *super().get_urls()]

    def describe(self, request: HttpRequest, row: StripeEvent) -> dict[str, Any]:
        is_done = row.is_decided or row.is_of_other_mode
        may_replay = not is_done and request.user.has_perm(PERMISSIONS[Action.REPLAY])
        return {**describe(row), "may_replay": may_replay}

    def explain_action(self, row: StripeEvent, action: Action) -> dict[str, Any]:
        booking = row.payment.booking if row.payment else None
        return {"booking": booking, "seats": booking.seat_labels if booking else [], **forecast(row)}

    def replay(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Explain what applying an event would do, and ask why; do it when the form comes back."""
        return self.act(request, self.get_row(request, event_id), Action.REPLAY)

    def after_action(self, request: HttpRequest, row: StripeEvent) -> HttpResponse:
        row.refresh_from_db(fields=["payment"])
        if request.method == "POST" and row.payment_id:
            return redirect("admin:payments_payment_change", row.payment_id)
        return super().after_action(request, row)


def describe(event: StripeEvent) -> dict[str, Any]:
    """Return what the page of ``event`` shows."""
    return {
        "title": event.type,
        "subtitle": None,
        "stripe_event": event,
        "payload": json.dumps(event.payload, indent=2),
        "headers": event.headers.items(),
        **forecast(event),
    }


def forecast(event: StripeEvent) -> dict[str, Any]:
    """Return what applying ``event`` would do, as far as its body says. Nothing is asked or changed."""
    if is_thin(event.payload):
        return {"asks_stripe": True}
    handler = handler_of(event.payload)
    if handler == payments.SESSION:
        return _forecast_of_session(event)
    if handler.asks_stripe:
        is_membership = handler in memberships.HANDLERS.values()
        return {"asks_about_membership": True} if is_membership else {"asks_stripe": True}
    return {}


def _forecast_of_session(event: StripeEvent) -> dict[str, Any]:
    try:
        session = session_of(event.payload)
    except (UnknownState, KeyError, TypeError):
        return {"is_unreadable": True}
    if session.state == StripeState.UNREADABLE:
        return {"is_unreadable": True}
    payment = event.payment or Payment.objects.of_session(session.id).first()
    judgement = judge(payment.status, session.state) if payment else None
    return {"session": session, "settles": payment, "judgement": judgement}
