"""The page on which staff take places of one event out of sale, and say what buyers should know of them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.admin.event_pages import EventPages
from bookings.admin.forms import set_currency
from bookings.models import Event, SeatNote, SeatState, split_notes
from bookings.money import require_chargeable
from bookings.seats.house_map import draw_house, places_of_rows
from bookings.seats.house_states import Changed, NewState, UnknownPlaces, change_places, find_places
from bookings.typed_money import MoneyField

MOST_PLACES = 20_000
LONGEST_ID = 19  # digits
MOST_NAMED = 20  # labels in one message


def check_price(amount: int, currency: str) -> None:
    """Raise ``ValueError`` unless it is nothing, or something that can be charged."""
    if amount:
        require_chargeable(amount, currency)


class PlacesForm(forms.Form):
    """Asks for places, and what they become. What is left empty stays as it is."""

    labels = forms.CharField(
        required=False,
        max_length=2_000,
        label=gettext_lazy("Seats by name"),
        help_text=gettext_lazy("In addition to the selected ones: A-1, B-3 to B-8, row C."),
    )
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Change to"),
        choices=[("", gettext_lazy("No change")), *SeatState.choices],
    )
    held_back_for = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Held back for"),
        help_text=gettext_lazy("Such as press."),
    )
    held_back_note = forms.CharField(required=False, max_length=200, label=gettext_lazy("Note for staff"))
    changes_notes = forms.BooleanField(
        required=False,
        label=gettext_lazy("Replace the notes for buyers (none selected: remove them)"),
    )
    notes = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Notes for buyers"),
        choices=SeatNote.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    own_notes = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("In your own words"),
        help_text=gettext_lazy("Such as little legroom. Shown as written, in every language."),
    )
    price = MoneyField(required=False, label=gettext_lazy("New price"), check=check_price)

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        set_currency(self, event.currency)

    def clean_labels(self) -> list[int]:
        try:
            return list(find_places(self.event, self.cleaned_data["labels"]).values_list("pk", flat=True))
        except UnknownPlaces as error:
            words = _("No seat or row named %(names)s.")
            raise forms.ValidationError(words % {"names": str(error)[:200]}) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if not self.places():
            raise forms.ValidationError(_("Select seats on the map, or type their names."))
        if cleaned["notes"] or split_notes(cleaned["own_notes"]):
            cleaned["changes_notes"] = True
        if not (cleaned["state"] or cleaned["changes_notes"] or cleaned["price"] is not None):
            raise forms.ValidationError(_("Choose what to change: state, notes or price."))
        return cleaned

    def places(self) -> set[int]:
        """Return the ids of what is ticked, of whole rows, and of what is named."""
        data: Any = self.data
        sent = [*data.getlist("places"), *data.get("picked", "").split()][:MOST_PLACES]
        ticked = {int(pk) for pk in sent if pk.isdecimal() and len(pk) < LONGEST_ID}
        rows = places_of_rows(self.event, data.getlist("rows"))
        return ticked | rows | set(self.cleaned_data.get("labels", ()))

    def new_state(self) -> NewState:
        cleaned = self.cleaned_data
        notes = ", ".join([*cleaned["notes"], *split_notes(cleaned["own_notes"])])
        return NewState(
            state=SeatState(cleaned["state"]) if cleaned["state"] else None,
            held_back_for=cleaned["held_back_for"],
            held_back_note=cleaned["held_back_note"],
            notes=notes if cleaned["changes_notes"] else None,
            price=cleaned["price"],
        )


class PlacesPages(EventPages):
    """The map on which staff change many places of an event at once."""

    def places_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        form = PlacesForm(request.POST or None, event=event)
        if form.is_valid():
            done = change_places(event, form.places(), form.new_state())
            tell_changed(request, done)
            self.log_change(request, event, f"Places: {done.changed} changed.")
            return redirect("admin:bookings_event_places", event.pk)
        ticked = {*request.POST.getlist("places"), *request.POST.get("picked", "").split()}
        rows = request.POST.getlist("rows")
        context = {"form": form, "house": draw_house(event, ticked=ticked), "ticked_rows": rows}
        return self.show(request, event, "places", context, status=400 if form.is_bound else 200)


def tell_changed(request: HttpRequest, done: Changed) -> None:
    """Say what came of it, and name what couldn't be changed."""
    words = ngettext("%(count)d place changed.", "%(count)d places changed.", done.changed)
    messages.success(request, words % {"count": done.changed})
    for labels, why in (
        (done.later, _("Sold or on hold, so held back if they’re cancelled: %(labels)s.")),
        (done.occupied, _("Can’t remove %(labels)s: sold or on hold. Hold them back instead.")),
        (done.priced, _("Price unchanged because sold or on hold: %(labels)s.")),
    ):
        if labels:
            more = f" (+{len(labels) - MOST_NAMED})" if len(labels) > MOST_NAMED else ""
            messages.warning(request, why % {"labels": ", ".join(labels[:MOST_NAMED]) + more})
