"""Scans and entries, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from bookings.event_filter import NearEventFilter
from bookings.models import Entry, Scan
from bookings.read_only_admin import ReadOnlyAdmin


class SettledFilter(admin.SimpleListFilter):
    """Filters entries: the conflicts that nobody has settled, or all conflicts."""

    title = gettext_lazy("conflict")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("no", gettext_lazy("Not settled")), ("any", gettext_lazy("All conflicts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        if self.value() == "no":
            return queryset.exclude(conflict="").filter(settled_at=None, undone_at=None)
        return queryset.exclude(conflict="") if self.value() == "any" else queryset


class DoorRecordAdmin(ReadOnlyAdmin):
    event_path = "event"
    list_per_page = 50

    @admin.display(description=gettext_lazy("Event"), ordering="event")
    def door(self, row: Any) -> SafeString:
        """Lead to the page about the door of the event."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:bookings_event_door", args=[row.event_id]), row.event
        )


@admin.register(Scan)
class ScanAdmin(DoorRecordAdmin):
    list_display = [
        *("corrected_at", "verdict", "seat", "holder", "direction", "kind", "gate", "device", "person"),
        *("was_offline", "shown", "door"),
    ]
    list_filter = ["verdict", "direction", "kind", "was_offline", ("event", NearEventFilter)]
    list_select_related = ["event", "device", "ticket__seat", "ticket__booking"]
    search_fields = ["ticket__code"]
    search_help_text = gettext_lazy("A ticket’s code, or the digest that devices show.")
    exclude = ["content"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scan]:
        return super().get_queryset(request).defer("ticket__qr_png")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Scan], search_term: str
    ) -> tuple[QuerySet[Scan], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        digest = queryset.filter(digest=term.lower())
        return digest | queryset.filter(ticket__code=term.upper()), False

    @admin.display(description=gettext_lazy("Seat"), empty_value="–")
    def seat(self, scan: Scan) -> str | None:
        return scan.ticket.seat.label if scan.ticket else None

    @admin.display(description=gettext_lazy("Name"), empty_value="–")
    def holder(self, scan: Scan) -> str | None:
        return scan.ticket.holder if scan.ticket else None


@admin.register(Entry)
class EntryAdmin(DoorRecordAdmin):
    list_display = [
        *("entered_at", "seat", "holder", "left_at", "undone_at", "conflict", "settled_at", "settled_how"),
        "door",
    ]
    list_filter = [SettledFilter, "conflict", ("event", NearEventFilter)]
    list_select_related = ["event", "seat", "ticket__booking"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).defer("ticket__qr_png")

    @admin.display(description=gettext_lazy("Name"), empty_value="–")
    def holder(self, entry: Entry) -> str | None:
        return entry.ticket.holder if entry.ticket else None
