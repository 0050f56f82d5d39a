"""Bookings and tickets, to be read."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from bookings.addresses.normal_form import readable
from bookings.either import either
from bookings.event_filter import NearEventFilter
from bookings.models import Booking, Ticket
from bookings.models.ticket import TicketQuerySet
from bookings.questions.admin import AnswerInline
from bookings.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from bookings.search import find_bookings, owners


class TicketInline(ReadOnlyInline):
    model = Ticket
    fields = ["seat", "type", "status", "stopped_for", "stopped_at", "code", "issued_at", "drawing_error"]
    readonly_fields = ["type"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        tickets = cast(TicketQuerySet, super().get_queryset(request))
        return tickets.with_kinds().select_related("seat").defer("qr_png")

    @admin.display(description=gettext_lazy("type"), empty_value="")
    def type(self, ticket: Ticket) -> str:
        return ticket.kind_name or ""  # type: ignore[attr-defined]


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    event_path = "event"
    list_display = ["__str__", "event", "name", "address", "status", "created_at", "confirmed_at"]
    list_filter = ["status", ("event", NearEventFilter)]
    list_select_related = ["event"]
    search_fields = ["reference"]
    search_help_text = gettext_lazy("Booking number, email, start of a name, or seat.")
    inlines = [TicketInline, AnswerInline]

    @admin.display(description=gettext_lazy("Email"), ordering="email")
    def address(self, booking: Booking) -> str:
        return readable(booking.email)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Booking], search_term: str
    ) -> tuple[QuerySet[Booking], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(pk__in=find_bookings(search_term, queryset.order_by())), False


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    event_path = "booking__event"
    list_display = ["code", "seat", "holder", "booking", "status", "stopped_for", "is_drawn", "issued_at"]
    list_filter = [
        *("status", "stopped_for", ("drawing_error", admin.EmptyFieldListFilter)),
        ("booking__event", NearEventFilter),
    ]
    list_select_related = ["seat", "booking"]
    search_fields = ["code"]
    search_help_text = gettext_lazy("Code, or anything that finds the booking.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).defer("qr_png")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        if not search_term:
            return queryset, False
        coded = Ticket.objects.filter(code__startswith=search_term.strip().upper())
        among = owners(Booking, "booking", queryset)
        of_bookings = Ticket.objects.filter(booking__in=find_bookings(search_term, among))
        return queryset.filter(either(coded, of_bookings)), False

    @admin.display(boolean=True, description=gettext_lazy("Drawn"))
    def is_drawn(self, ticket: Ticket) -> bool:
        return ticket.is_drawn
