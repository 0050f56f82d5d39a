"""Seats: their list, the page of each, and the price of many."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import ForeignKey, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.events import tell_repriced
from bookings.admin.forms import PriceForm, SeatForm
from bookings.event_filter import NearEventFilter
from bookings.events.deletion import why_not_deletable
from bookings.events.repricing import preview, reprice
from bookings.models import BookingStatus, Event, Seat, SeatState
from bookings.money import format_money
from bookings.read_only_admin import GrowingAdmin
from bookings.staff.access import within_scope
from bookings.staff.kept_admin import KeptAdmin
from waiting.publishing import publish

PLACE = ["event", "row", "number", "label"]


@admin.register(Seat)
class SeatAdmin(KeptAdmin, GrowingAdmin):
    form = SeatForm
    event_path = "event"
    list_display = ["label", "event", "area", "money", "status", "booking"]
    list_filter = [("event", NearEventFilter), "state", ("booking", admin.EmptyFieldListFilter)]
    # The newest event first: an index has them in this order, and the rows of one event are few.
    ordering = ["-event_id", Length("row"), "row", "number"]
    list_select_related = ["event", "area", "booking"]
    search_fields = ["label__iexact"]
    actions = ["change_prices"]

    @admin.display(description=gettext_lazy("Price"), ordering="price")
    def money(self, seat: Seat) -> str:
        return format_money(seat.price, seat.event.currency)

    @admin.display(description=gettext_lazy("Status"))
    def status(self, seat: Seat) -> str:
        if seat.booking is None:
            return _("Free") if seat.is_free else str(SeatState(seat.state).label)
        return _("On hold") if seat.booking.status == BookingStatus.HELD else _("Sold")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Whoever sets up events sees what is sold, but not to whom: a booking's reference opens its page."""
        shown = super().get_list_display(request)
        may = request.user.has_perm("bookings.view_booking")
        return [name for name in shown if name != "booking" or may]

    def get_fields(self, request: HttpRequest, obj: Seat | None = None) -> Any:
        return [*PLACE, "money", "status"] if self._is_fixed(request, obj) else [*PLACE, "price"]

    def get_readonly_fields(self, request: HttpRequest, obj: Seat | None = None) -> list[str]:
        fixed = ["money", "status"] if self._is_fixed(request, obj) else []
        return [*PLACE, *fixed] if obj else []

    def _is_fixed(self, request: HttpRequest, seat: Seat | None) -> bool:
        """Return whether a seat's price can only be read: its customer was told that one."""
        if seat is None:
            return False
        return seat.booking_id is not None or not self.has_change_permission(request, seat)

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "event":
            kwargs["queryset"] = within_scope(Event.objects.order_by("-pk"), request.user, "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Seat, form: Any, change: bool) -> None:
        if change:  # Nothing but its price is asked; and somebody may be buying it at this moment.
            reprice(Seat.objects.filter(pk=obj.pk), obj.price)
            return
        super().save_model(request, obj, form, change)
        publish(obj.event.topic)

    # Deleting

    def why_not_deletable(self, row: Seat) -> str:
        return why_not_deletable(row)

    def delete_model(self, request: HttpRequest, obj: Seat) -> None:
        super().delete_model(request, obj)
        publish(obj.event.topic)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Seat]) -> None:
        events = list(Event.objects.filter(seats__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for event in events:
            publish(event.topic)

    # The price of many

    @admin.action(description=gettext_lazy("Change price of selected seats"), permissions=["change"])
    def change_prices(self, request: HttpRequest, seats: QuerySet[Seat]) -> HttpResponse | None:
        """Ask for the new price, show how many seats get it, and change them."""
        chosen = Seat.objects.filter(pk__in=list(seats.values_list("pk", flat=True)))
        currencies = set(chosen.order_by().values_list("event__currency", flat=True))
        if len(currencies) != 1:
            messages.error(request, _("Select seats in one currency."))
            return None
        (currency,) = currencies
        form = PriceForm(request.POST if "price" in request.POST else None, currency=currency)
        shown: dict[str, Any] = {"form": form, "currency": currency, "count": chosen.count()}
        if form.is_valid():
            price = form.cleaned_data["price"]
            if "confirm" in request.POST:
                tell_repriced(request, reprice(chosen, price), price, currency)
                return None
            shown |= {"repricing": preview(chosen, price), "price": price}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Change prices"),
            "selected": request.POST.getlist("_selected_action"),
            "across": request.POST.get("select_across", "0"),
            **shown,
        }
        return TemplateResponse(request, "admin/bookings/seat/prices.html", context)
