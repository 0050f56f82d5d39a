"""Events: their list, the page of each, and how one is published."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, DateTimeField, ForeignKey, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.admin.codes import CodesForm
from bookings.admin.door import DOOR_PAGES, SEES_THE_DOOR, DoorPages
from bookings.admin.event_form import EventForm
from bookings.admin.forms import CopyForm, PricesForm, PublishForm, RowsForm
from bookings.admin.layouts import LayoutPages
from bookings.admin.of_event import OfEventAdmin
from bookings.admin.places import PlacesPages
from bookings.admin.productions import ProductionFilter, productions_of
from bookings.events.checks import examine
from bookings.events.copying import NotCopyable, make_copies
from bookings.events.deletion import delete_event, why_not_deletable
from bookings.events.repricing import preview, reprice
from bookings.events.visibility import HasCustomers, NotPublishable, change_visibility
from bookings.models import Area, Event, SaleCode, Seat, TicketType, Visibility
from bookings.money import format_money
from bookings.seats.layout import SeatsExist
from bookings.staff.access import add_to_scope
from bookings.staff.kept_admin import KeptAdmin
from bookings.staff.pictured_admin import PicturedAdmin
from bookings.when.typed import ZonedTimeField, ZonedTimeWidget
from bookings.when.words import spell_span
from bookings.when.zones import zone_of

MOST_SHOWN = 12  # areas, types or codes on the page of their event


def _number_of(seats: QuerySet[Seat]) -> Coalesce:
    """Return how many of ``seats`` the outer event has."""
    counted = seats.filter(event=OuterRef("pk")).order_by().values("event").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


@admin.register(Event)
class EventAdmin(PicturedAdmin, KeptAdmin, PlacesPages, LayoutPages, DoorPages):
    form = EventForm
    formfield_overrides = {DateTimeField: {"form_class": ZonedTimeField, "widget": ZonedTimeWidget}}
    view_on_site = False  # The button beside it says whether that is a preview.
    list_display = ["title", "seen", "status", "venue", "when", "seats_free", "seats_total"]
    list_filter = ["visibility", "status", ("production", ProductionFilter)]
    search_fields = ["title", "venue", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    pages = {
        "publish": "bookings.publish_event",
        "unpublish": "bookings.publish_event",
        "rows": "bookings.add_seat",
        "prices": "bookings.change_seat",
        "codes": "bookings.add_salecode",
        "places": "bookings.change_seat",
        "layout": "bookings.add_seat",
        "layout_preview": "bookings.add_seat",
        "copy": "bookings.add_event",
        **dict.fromkeys(DOOR_PAGES, SEES_THE_DOOR),
    }
    apart = frozenset(DOOR_PAGES)

    # The list and the page of one

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        # Counted for each event that is shown; joined and grouped, the seats of all events would be read.
        return (
            super()
            .get_queryset(request)
            .annotate(seats_total=_number_of(Seat.objects.all()), seats_free=_number_of(Seat.objects.free()))
        )

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        fields = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return ["fee" if name == "cancellation_fee" else name for name in fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> list[str]:
        # All prices are in minor units of it, so another currency would change what things cost.
        priced = obj and any(rows.exists() for rows in (obj.seats, obj.types, obj.codes))
        return [*super().get_readonly_fields(request, obj), *(["currency"] if priced else [])]

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "production":
            kwargs["queryset"] = productions_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """A new event gets its address from its title; the address of one that is known stays."""
        return {} if obj else self.prepopulated_fields

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        may = {name for name, permission in self.pages.items() if request.user.has_perm(permission)}
        shown = {"may": may, "parts": self._parts(request, object_id), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, shown)

    def _parts(self, request: HttpRequest, object_id: str) -> list[dict[str, Any]]:
        """Return what the event has of areas, types and codes, of those that its reader may see."""
        event = self.get_queryset(request).filter(pk=object_id).first() if object_id.isdecimal() else None
        pages = [self.admin_site.get_model_admin(model) for model in (Area, TicketType, SaleCode)]
        return [
            {
                "opts": page.opts,
                "may_add": page.has_add_permission(request),
                "rows": [(row, page.sum_up(row)) for row in page.of(request, event)[:MOST_SHOWN]],
                "count": page.of(request, event).count(),
            }
            for page in pages
            if isinstance(page, OfEventAdmin) and event and page.has_view_permission(request)
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        """Show times by the clock at the venue to those, too, who may only look."""
        event: Event | None = options.get("obj")
        response: Any = super().render_change_form(request, context, *args, **options)
        with timezone.override(zone_of(event.time_zone if event else "")):
            return response.render()

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        if change:  # Only what was typed: the event may be moved, called off or published at this moment.
            obj.save(update_fields=[*form.changed_data, "changed_at"])
        else:
            super().save_model(request, obj, form, change)
            add_to_scope(request.user, obj)
            messages.info(request, _("Draft saved. Only staff see it until you publish it."))
            return
        obj.bookings.occupying().publish()
        if "slug" in form.changed_data:
            messages.info(request, _("The old address now redirects to the new one."))
        if not obj.is_draft:
            for finding in examine(obj):
                if finding.is_problem:
                    messages.warning(request, finding.words)

    @admin.display(description=gettext_lazy("Visibility"), ordering="visibility")
    def seen(self, event: Event) -> str:
        return {Visibility.DRAFT: _("Draft"), Visibility.HIDDEN: _("By link")}.get(
            Visibility(event.visibility), _("Everybody")
        )

    @admin.display(description=gettext_lazy("When"), ordering="starts_at")
    def when(self, event: Event) -> str:
        return spell_span(event, "WEEKDAY_DATE_TIME")

    @admin.display(description=gettext_lazy("Free"))
    def seats_free(self, event: Any) -> int:
        return event.seats_free

    @admin.display(description=gettext_lazy("Seats"))
    def seats_total(self, event: Any) -> int:
        return event.seats_total

    @admin.display(description=gettext_lazy("Cancellation fee"))
    def fee(self, event: Event) -> str:
        return format_money(event.cancellation_fee, event.currency)

    # Deleting

    def why_not_deletable(self, row: Event) -> str:
        return why_not_deletable(row)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its seats go with an event that nobody has booked."""
        events = list(objs)
        count = Seat.objects.filter(event__in=[event.pk for event in events]).count()
        counts = {str(self.opts.verbose_name_plural): len(events), str(Seat._meta.verbose_name_plural): count}
        return [str(event) for event in events], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Event) -> None:
        delete_event(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        for event in queryset:
            delete_event(event)

    # Publishing

    def publish_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Tell everything that would embarrass the house, and publish if that isn't in the way."""
        found = examine(event)
        problems = [it for it in found if it.is_problem] if event.is_draft else []
        warnings = [it for it in found if it not in problems]
        now = Visibility.PUBLISHED if event.is_draft else event.visibility
        form = PublishForm(request.POST or None, initial={"visibility": now}, warnings=len(warnings))
        if form.is_valid():
            return self._change(request, event, Visibility(form.cleaned_data["visibility"]))
        context = {"form": form, "problems": problems, "warnings": warnings}
        return self.show(request, event, "publish", context, status=400 if form.is_bound else 200)

    def unpublish_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Ask whether an event is to be a draft again, which it can be as long as nobody has bought."""
        if request.method == "POST":
            return self._change(request, event, Visibility.DRAFT)
        return self.show(request, event, "unpublish", {})

    def _change(self, request: HttpRequest, event: Event, to: Visibility) -> HttpResponse:
        try:
            change_visibility(event, to)
        except NotPublishable as error:
            for problem in error.problems:
                messages.error(request, problem.words)
        except HasCustomers as error:
            messages.error(request, explain_customers(error))
        else:
            self.log_change(request, event, f"{to.label}.")
            messages.success(request, NOW[to] % {"event": event})
        return self.back(event)

    # Seats

    def rows_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Ask for rows of seats, and add them all at once."""
        form = RowsForm(request.POST or None, event=event)
        if form.is_valid():
            try:
                count = form.save()
            except SeatsExist as error:
                form.add_error("rows", _("Seats already exist: %(labels)s.") % {"labels": error})
            else:
                messages.success(request, _("%(count)d seats added.") % {"count": count})
                return redirect(reverse("admin:bookings_seat_changelist") + f"?event__id__exact={event.pk}")
        return self.show(request, event, "rows", {"form": form})

    def prices_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Ask which seats get which price, show how many that are, and change them."""
        form = PricesForm(request.POST or None, event=event)
        if not form.is_valid():
            return self.show(request, event, "prices", {"form": form})
        seats, price = form.seats(), form.cleaned_data["price"]
        if "confirm" not in request.POST:
            shown = {"form": form, "repricing": preview(seats, price), "price": price}
            return self.show(request, event, "prices", shown)
        tell_repriced(request, reprice(seats, price), price, event.currency)
        return redirect(reverse("admin:bookings_seat_changelist") + f"?event__id__exact={event.pk}")

    # Codes

    def codes_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Ask what codes are to be like, and make many at once."""
        form = CodesForm(request.POST or None, event=event)
        if not form.is_valid():
            return self.show(request, event, "codes", {"form": form})
        made = form.make()
        words = ngettext("%(count)d code created.", "%(count)d codes created.", len(made))
        messages.success(request, words % {"count": len(made)})
        self.log_change(request, event, f"{len(made)} codes made: {form.cleaned_data['beginning'] or '-'}")
        theirs = {"event__id__exact": event.pk, "q": form.cleaned_data["note"]}
        return redirect(reverse("admin:bookings_salecode_changelist", query=theirs))

    # Copies

    def copy_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Ask for dates, show what would be made of them, and make it."""
        form = CopyForm(request.POST or None, event=event)
        if not form.is_valid():
            return self.show(request, event, "copy", {"form": form})
        if "confirm" not in request.POST:
            return self.show(request, event, "copy", {"form": form, "copies": form.copies})
        try:
            copies = make_copies(event, form.starts())
        except NotCopyable as error:
            form.add_error(None, str(error))
            return self.show(request, event, "copy", {"form": form})
        for copy in copies:
            add_to_scope(request.user, copy)
            self.log_addition(request, copy, f"Copied from {event.slug}.")
        tell_copied(request, len(copies))
        of_production = {"production__id__exact": copies[0].production_id}
        shown = reverse("admin:bookings_event_changelist", query=of_production)
        return redirect(shown)


NOW = {
    Visibility.PUBLISHED: gettext_lazy("“%(event)s” is published and listed."),
    Visibility.HIDDEN: gettext_lazy("“%(event)s” is published, by link only."),
    Visibility.DRAFT: gettext_lazy("“%(event)s” is a draft again. Only staff see it."),
}


def explain_customers(error: HasCustomers) -> str:
    """Say why an event can't be a draft again."""
    if error.sold:
        return ngettext(
            "%(count)d seat is sold, so its customer needs the event’s page. You can hide the "
            "event from the list.",
            (
                "%(count)d seats are sold, so their customers need the event’s page. You can hide the "
                "event from the list."
            ),
            error.sold,
        ) % {"count": error.sold}
    return ngettext(
        "%(count)d seat is on hold. Hide the event from the list and try again later.",
        "%(count)d seats are on hold. Hide the event from the list and try again later.",
        error.held,
    ) % {"count": error.held}


def tell_copied(request: HttpRequest, count: int) -> None:
    words = ngettext(
        "%(count)d date created as a draft.",
        "%(count)d dates created as drafts.",
        count,
    )
    messages.success(request, words % {"count": count})


def tell_repriced(request: HttpRequest, count: int, price: int, currency: str) -> None:
    words = ngettext("%(count)d seat now costs %(price)s.", "%(count)d seats now cost %(price)s.", count)
    messages.success(request, words % {"count": count, "price": format_money(price, currency)})
