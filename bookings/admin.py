from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.addresses.normal_form import readable
from bookings.announcements import admin as announcements_admin  # noqa: F401  # It registers its pages.
from bookings.either import either
from bookings.event_filter import NearEventFilter
from bookings.models import BookedSeat, Booking, Event, Seat, Ticket
from bookings.money import format_money, require_chargeable, to_minor
from bookings.read_only_admin import GrowingAdmin, ReadOnlyAdmin, ReadOnlyInline
from bookings.search import find_bookings, owners
from bookings.seats.layout import SeatsExist, add_rows, parse_rows
from waiting.publishing import publish


class RowsForm(forms.Form):
    """Asks for rows of seats to add to one event, at one price."""

    rows = forms.CharField(max_length=200, help_text=gettext_lazy("Such as A, or A-F, or A-C, K."))
    first = forms.IntegerField(label=gettext_lazy("First number"), min_value=1, max_value=999, initial=1)
    last = forms.IntegerField(label=gettext_lazy("Last number"), min_value=1, max_value=999)
    price = forms.DecimalField(min_value=Decimal(0), max_digits=15, help_text=gettext_lazy("Such as 25.00."))

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event

    def clean_rows(self) -> list[str]:
        try:
            return parse_rows(self.cleaned_data["rows"])
        except ValueError as error:
            raise forms.ValidationError(_("Separate rows by commas: A, B, or A-F.")) from error

    def clean_price(self) -> int:
        try:
            price = to_minor(self.cleaned_data["price"], self.event.currency)
            require_chargeable(price, self.event.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return price

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first", 0) > cleaned.get("last", 1000):
            raise forms.ValidationError(_("The last number must not be below the first."))
        return cleaned

    def save(self) -> int:
        """Add the seats and return how many; raise ``SeatsExist``."""
        cleaned = self.cleaned_data
        numbers = range(cleaned["first"], cleaned["last"] + 1)
        return add_rows(self.event, rows=cleaned["rows"], numbers=numbers, price=cleaned["price"])


def _number_of(seats: QuerySet[Seat]) -> Coalesce:
    """Return how many of ``seats`` the outer event has."""
    counted = seats.filter(event=OuterRef("pk")).order_by().values("event").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


@admin.register(Event)
class EventAdmin(GrowingAdmin):
    list_display = ["title", "venue", "starts_at", "seats_free", "seats_total"]
    search_fields = ["title", "venue", "slug"]
    prepopulated_fields = {"slug": ["title"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        # Counted for each event that is shown; joined and grouped, the seats of all events would be read.
        return Event.objects.annotate(
            seats_total=_number_of(Seat.objects.all()), seats_free=_number_of(Seat.objects.free())
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> list[str]:
        # The seats' prices are in minor units of it, so another currency would change what they cost.
        return ["currency"] if obj and obj.seats.exists() else []

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        obj.bookings.occupying().publish()

    @admin.display(description=gettext_lazy("Free"))
    def seats_free(self, event: Any) -> int:
        return event.seats_free

    @admin.display(description=gettext_lazy("Seats"))
    def seats_total(self, event: Any) -> int:
        return event.seats_total

    def get_urls(self) -> list[URLPattern]:
        add = self.admin_site.admin_view(self.add_rows_view)
        return [path("<int:event_id>/rows/", add, name="bookings_event_rows"), *super().get_urls()]

    def add_rows_view(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Ask for rows of seats, and add them all at once."""
        event = get_object_or_404(Event, pk=event_id)
        if not self.has_change_permission(request, event):
            raise PermissionDenied
        form = RowsForm(request.POST or None, event=event)
        if form.is_valid():
            try:
                count = form.save()
            except SeatsExist as error:
                form.add_error("rows", _("There are seats %(labels)s already.") % {"labels": error})
            else:
                messages.success(request, _("%(count)d seats were added.") % {"count": count})
                return redirect(reverse("admin:bookings_seat_changelist") + f"?event__id__exact={event.pk}")
        context = {**self.admin_site.each_context(request), "form": form, "event": event, "opts": self.opts}
        return render(request, "admin/bookings/event/rows.html", context)


@admin.register(Seat)
class SeatAdmin(GrowingAdmin):
    list_display = ["label", "event", "money", "booking"]
    list_filter = [("event", NearEventFilter), ("booking", admin.EmptyFieldListFilter)]
    # The newest event first: an index has them in this order, and the rows of one event are few.
    ordering = ["-event_id", Length("row"), "row", "number"]
    list_select_related = ["event", "booking"]
    search_fields = ["label__iexact"]
    fields = ["event", "row", "number", "label", "price"]

    @admin.display(description=gettext_lazy("Price"), ordering="price")
    def money(self, seat: Seat) -> str:
        return format_money(seat.price, seat.event.currency)

    def get_readonly_fields(self, request: HttpRequest, obj: Seat | None = None) -> list[str]:
        return ["event", "row", "number", "label"] if obj else []

    def save_model(self, request: HttpRequest, obj: Seat, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        publish(obj.event.topic)

    def delete_model(self, request: HttpRequest, obj: Seat) -> None:
        super().delete_model(request, obj)
        publish(obj.event.topic)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        events = list(Event.objects.filter(seats__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for event in events:
            publish(event.topic)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Seats can be deleted only if they were never booked, not even for a moment."""
        booked = isinstance(obj, Seat) and BookedSeat.objects.filter(seat=obj).exists()
        return not booked and super().has_delete_permission(request, obj)


class TicketInline(ReadOnlyInline):
    model = Ticket
    fields = ["seat", "status", "stopped_for", "stopped_at", "code", "issued_at", "drawing_error"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return super().get_queryset(request).select_related("seat").defer("qr_png")


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "event", "name", "address", "status", "created_at", "confirmed_at"]
    list_filter = ["status", ("event", NearEventFilter)]
    list_select_related = ["event"]
    search_fields = ["reference"]
    search_help_text = gettext_lazy("Reference, e-mail, beginning of a name, or seat.")
    inlines = [TicketInline]

    @admin.display(description=gettext_lazy("E-mail"), ordering="email")
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
    list_display = ["code", "seat", "booking", "status", "stopped_for", "is_drawn", "issued_at"]
    list_filter = ["status", "stopped_for", ("drawing_error", admin.EmptyFieldListFilter)]
    list_select_related = ["seat", "booking"]
    search_fields = ["code"]
    search_help_text = gettext_lazy("Code, or what finds the booking.")

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
