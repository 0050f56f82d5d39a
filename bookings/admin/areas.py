"""Areas: their list, and the page of each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.of_event import OfEventAdmin, OfEventForm, price_field
from bookings.event_filter import NearEventFilter
from bookings.events.capacity import (
    MOST,
    TooFewPlaces,
    capacity_of,
    relabel,
    require_room,
    set_capacity,
    usual_price,
)
from bookings.events.deletion import delete_area
from bookings.events.repricing import reprice
from bookings.models import Area, AreaKind, Seat
from bookings.money import format_money


class AreaForm(OfEventForm):
    """An area; how many places it has if nobody chooses them, and what all of its places cost."""

    capacity = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST,
        label=gettext_lazy("Places"),
        help_text=gettext_lazy("Standing only: how many can be sold. Seats are added row by row."),
    )
    price = price_field(
        label=gettext_lazy("Price of each place"),
        help_text=gettext_lazy("Applies to free places. Places on hold or sold keep their price."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["price"].initial = usual_price(self.instance)
            if self.instance.is_standing:
                self.fields["capacity"].initial = capacity_of(self.instance)
            else:
                del self.fields["capacity"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        capacity, price = cleaned.get("capacity"), cleaned.get("price")
        is_standing = cleaned.get("kind", self.instance.kind) == AreaKind.STANDING
        if not is_standing and capacity is not None:
            self.add_error("capacity", _("Add numbered seats row by row."))
        elif capacity and price is None and self.has_nothing_to_go_by():
            self.add_error("price", _("Enter a price; 0 is free."))
        elif self.instance.pk and capacity is not None:
            try:
                require_room(self.instance, capacity)
            except TooFewPlaces as error:
                self.add_error("capacity", str(error))
        return cleaned

    def has_nothing_to_go_by(self) -> bool:
        return "price" not in self.errors and (not self.instance.pk or usual_price(self.instance) is None)


@admin.register(Area)
class AreaAdmin(OfEventAdmin):
    form = AreaForm
    list_display = ["name", "event", "kind", "places", "free", "prices", "position"]
    list_filter = [("event", NearEventFilter), "kind"]
    search_fields = ["name", "slug"]
    ordering = ["-event_id", "position", "pk"]

    def get_fields(self, request: HttpRequest, obj: Area | None = None) -> Any:
        own = ["event", "name", "slug", "kind", "position", "description"]
        if obj and not self.has_change_permission(request, obj):
            return [*own, "places", "prices"]
        return [*own, *([] if obj and not obj.is_standing else ["capacity"]), "price"]

    def get_readonly_fields(self, request: HttpRequest, obj: Area | None = None) -> list[str]:
        fixed = ["kind"] if obj and obj.seats.exists() else []
        return [*super().get_readonly_fields(request, obj), *fixed, "places", "prices"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Area]:
        is_place, is_free = ~Q(seats__state="no_place"), Q(seats__booking=None, seats__state="for_sale")
        areas = super().get_queryset(request)
        return areas.annotate(
            number=Count("seats", filter=is_place),
            number_free=Count("seats", filter=is_free),
            least=Min("seats__price", filter=is_place),
            most=Max("seats__price", filter=is_place),
        )

    @admin.display(description=gettext_lazy("Places"))
    def places(self, area: Any) -> int:
        return area.number

    @admin.display(description=gettext_lazy("Free"))
    def free(self, area: Any) -> int:
        return area.number_free

    @admin.display(description=gettext_lazy("Price"))
    def prices(self, area: Any) -> str:
        prices = dict.fromkeys(price for price in (area.least, area.most) if price is not None)
        return " – ".join(format_money(price, area.event.currency) for price in prices)

    def sum_up(self, row: Any) -> str:
        words = _("%(places)d places, %(free)d free")
        counted = words % {"places": row.number, "free": row.number_free}
        return ", ".join(filter(None, [counted, self.prices(row)]))

    def save_model(self, request: HttpRequest, obj: Area, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        capacity, price = form.cleaned_data.get("capacity"), form.cleaned_data.get("price")
        if change and "name" in form.changed_data:
            relabel(obj)
        if obj.is_standing and capacity is not None:
            usual = usual_price(obj) if price is None else price
            set_capacity(obj, capacity, price=usual or 0)
        if change and price is not None and "price" in form.changed_data:
            reprice(obj.seats.all(), price)

    def delete_model(self, request: HttpRequest, obj: Area) -> None:
        delete_area(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its places go with an area that nobody has booked anything in."""
        areas = list(objs)
        count = Seat.objects.filter(area__in=[area.pk for area in areas]).count()
        counts = {str(self.opts.verbose_name_plural): len(areas), str(Seat._meta.verbose_name_plural): count}
        return [str(area) for area in areas], counts, set(), []
