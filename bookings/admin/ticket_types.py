"""Ticket types: their list, and the page of each."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.of_event import OfEventAdmin, OfEventForm, price_field
from bookings.event_filter import NearEventFilter
from bookings.models import TicketType
from bookings.money import format_money


class TicketTypeForm(OfEventForm):
    """A ticket type, whose price is in its event's currency."""

    price = price_field(
        help_text=gettext_lazy("Such as 12.00; 0 is free. Empty: the place’s price, minus the percentage.")
    )


@admin.register(TicketType)
class TicketTypeAdmin(OfEventAdmin):
    form = TicketTypeForm
    list_display = ["name", "event", "costs", "taken_of", "sold_until", "is_offered", "position"]
    list_filter = [("event", NearEventFilter), "is_offered", "needs_code", "members_only", "proof"]
    search_fields = ["name", "slug"]
    ordering = ["-event_id", "position", "pk"]
    fieldsets = [
        (None, {"fields": ["event", "name", "slug", "description", "position"]}),
        (gettext_lazy("Price"), {"fields": ["price", "percent_off", "areas"]}),
        (gettext_lazy("How many"), {"fields": ["quota", "at_least", "at_most"]}),
        (
            gettext_lazy("Availability"),
            {
                "fields": [
                    *("is_offered", "sold_from", "sold_until", "needs_code", "members_only", "proof"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketType]:
        taken = Count("seats", filter=Q(seats__booking__isnull=False))
        return super().get_queryset(request).prefetch_related("areas").annotate(number_taken=taken)

    def sum_up(self, row: TicketType) -> str:
        hidden = "" if row.is_offered else _("not offered")
        taken = _("%(taken)s on hold or sold") % {"taken": self.taken_of(row)}
        return ", ".join(filter(None, [self.costs(row), taken, hidden]))

    @admin.display(description=gettext_lazy("Price"))
    def costs(self, kind: TicketType) -> str:
        if kind.price is not None:
            return format_money(kind.price, kind.event.currency)
        if kind.percent_off:
            return _("%(percent)d %% less") % {"percent": kind.percent_off}
        return _("Place’s price")

    @admin.display(description=gettext_lazy("On hold or sold"))
    def taken_of(self, kind: Any) -> str:
        if kind.quota is None:
            return str(kind.number_taken)
        return _("%(taken)d of %(quota)d") % {"taken": kind.taken, "quota": kind.quota}
