"""What the pages of an event's areas, ticket types and codes have in common."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, models
from django.db.models import ForeignKey, ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bookings.events.capacity import TooFewPlaces
from bookings.events.deletion import why_not_deletable
from bookings.models import Event
from bookings.money import require_price
from bookings.read_only_admin import GrowingAdmin
from bookings.staff.access import within_scope
from bookings.staff.kept_admin import KeptAdmin
from bookings.typed_money import MoneyField
from bookings.when.typed import ZonedTimeField, ZonedTimeWidget
from waiting.publishing import publish

__all__ = ["OfEventAdmin", "OfEventForm", "price_field"]


def price_field(**options: Any) -> MoneyField:
    """Return a field for a price, or for nothing: an amount that can be charged, or 0."""
    return MoneyField(required=False, check=require_price, **options)


class OfEventForm(forms.ModelForm):
    """Something of one event: amounts in its currency, times by its clock, and choices among what it has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = self._find_event()
        for name, field in self.fields.items():
            if isinstance(field, MoneyField):
                field.of(self.event.currency)
            elif isinstance(field, ZonedTimeField):
                field.use(self.event.time_zone)
            elif name != "event" and isinstance(field, forms.ModelMultipleChoiceField):
                chosen: Any = field.queryset
                field.queryset = chosen.filter(event=self.event.pk)

    def _find_event(self) -> Event:
        """Return the event that it is of, or that was chosen; before that, one with the usual currency."""
        if self.instance.event_id:
            return self.instance.event
        chosen = str(self.data.get("event") or self.initial.get("event") or "")
        return (Event.objects.filter(pk=chosen).first() if chosen.isdecimal() else None) or Event()

    def _get_validation_exclusions(self) -> set[str]:
        # Its name or code is its own at this event, which can't be changed, so that it isn't asked.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"event"}


class OfEventAdmin(KeptAdmin, GrowingAdmin):
    """Pages of rows that belong to one event, which is chosen when one is added, and stays."""

    event_path = "event"
    form = OfEventForm
    formfield_overrides = {models.DateTimeField: {"form_class": ZonedTimeField, "widget": ZonedTimeWidget}}
    list_select_related = ["event"]

    def of(self, request: HttpRequest, event: Event) -> QuerySet[Any]:
        """Return the rows of ``event`` in their order there."""
        rows: QuerySet[Any] = self.get_queryset(request).filter(event=event.pk)
        return rows.order_by(*(self.opts.ordering or ()))

    def sum_up(self, row: Any) -> str:
        """Return what the event's page says of ``row``, in a few words."""
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["event"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj or "slug" not in self.get_fields(request, obj) else {"slug": ["name"]}

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "event":
            kwargs["queryset"] = within_scope(Event.objects.order_by("-pk"), request.user, "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field:  # No button beside it that would add one of no event.
            field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
            field.help_text = db_field.help_text
        return field

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form again if customers were quicker: what they have taken is never contradicted."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except TooFewPlaces as error:
            messages.error(request, str(error))
        except IntegrityError:
            messages.error(
                request, _("This changed in the meantime, so nothing was saved. Check it and try again.")
            )
        return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was typed: the database counts in the same row what is taken."""
        if change:
            columns = {field.name for field in obj._meta.concrete_fields}
            obj.save(update_fields=[name for name in form.changed_data if name in columns])
        else:
            super().save_model(request, obj, form, change)
        publish(obj.event.topic)

    # Deleting

    def why_not_deletable(self, row: Any) -> str:
        return why_not_deletable(row)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        publish(obj.event.topic)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)
