"""The page on which staff write an event's layout, look at it, apply it, and keep it for the next one."""

import hashlib
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.event_pages import EventPages
from bookings.layouts.applying import apply_layout, draw_layout, plan_layout, read_layout
from bookings.layouts.reading import Layout, Unreadable
from bookings.layouts.writing import write_text
from bookings.models import Event, VenueLayout
from bookings.models.area import MOST_TEXT
from bookings.seats.layout import Differences, UnusablePlan

LARGEST_FILE = 4 * MOST_TEXT  # bytes
LONGEST_ID = 19  # digits
MOST_LINES = 200  # of differences that one page shows


class LayoutForm(forms.Form):
    """A layout as text, or in a file, which counts in its place."""

    text = forms.CharField(
        required=False,
        max_length=MOST_TEXT,
        strip=False,
        label=gettext_lazy("Layout"),
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "layout-text"}),
        help_text=gettext_lazy("One row per line, such as A: 1-4 _ 5-12 @ 42.00, or a CSV."),
    )
    file = forms.FileField(required=False, label=gettext_lazy("Or upload a text or CSV file"))
    name = forms.CharField(
        required=False,
        max_length=80,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Saves the layout under this name, for the venue’s next event."),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("This file is too large."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("Save the file as UTF-8 text.")) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        cleaned["text"] = (cleaned["file"] or cleaned["text"]).replace("\r\n", "\n").replace("\r", "\n")
        if "\0" in cleaned["text"] or len(cleaned["text"]) > MOST_TEXT:
            raise forms.ValidationError(_("This isn’t a layout, or it’s too long."))
        self.read(cleaned["text"])
        return cleaned

    def read_initial(self) -> None:
        """Read the layout that the form shows at first."""
        if self.initial["text"].strip():
            self.read(self.initial["text"])

    @property
    def digest(self) -> str:
        """What tells a layout and its differences from others: nothing is applied that wasn't seen."""
        told = [self.layout_text, *self.differences.sentences(self.event.currency)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def read(self, text: str) -> None:
        """Read the layout, and remember it and what it would change; or say what is wrong in which line."""
        self.layout_text = text
        try:
            self.layout: Layout = read_layout(text, self.event.currency)
            self.differences: Differences = plan_layout(self.event, self.layout)
        except Unreadable as error:
            for problem in error.problems[:MOST_LINES]:
                self.add_error("text", str(problem))
        except UnusablePlan as error:
            self.add_error("text", str(error))


class LayoutPages(EventPages):
    """The layout of an event: written, shown as buyers will see it, applied, and kept."""

    def layout_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Show the layout; with ``apply``, what it changes having been seen, or ``keep``, do that."""
        if request.method != "POST":
            text = self._kept(request) or write_text(event)
            return self._show_layout(request, event, LayoutForm(initial={"text": text}, event=event))
        form = LayoutForm(request.POST, request.FILES, event=event)
        if not form.is_valid():
            return self._show_layout(request, event, form, status=400)
        if "keep" in request.POST:
            return self._keep(request, event, form)
        if "apply" in request.POST and request.POST.get("seen") == form.digest:
            return self._apply(request, event, form)
        return self._show_layout(request, event, form)

    def layout_preview_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Return the drawing of the layout that was sent, and what it would change; nothing is saved."""
        form = LayoutForm(request.POST or None, event=event)
        context = self._drawn(event, form) if form.is_valid() else {}
        return self.show(request, event, "layout_preview", {"form": form, **context})

    def _kept(self, request: HttpRequest) -> str:
        wanted = request.GET.get("take", "")
        is_id = wanted.isdecimal() and len(wanted) < LONGEST_ID
        kept = VenueLayout.objects.filter(pk=wanted).first() if is_id else None
        return kept.text if kept else ""

    def _keep(self, request: HttpRequest, event: Event, form: LayoutForm) -> HttpResponse:
        name = form.cleaned_data["name"].strip()
        if not name:
            form.add_error("name", _("Enter a name."))
            return self._show_layout(request, event, form, status=400)
        values = {"text": form.cleaned_data["text"], "venue": event.venue}
        _kept, is_new = VenueLayout.objects.update_or_create(name=name, defaults=values)
        words = _("Layout “%(name)s” saved.") if is_new else _("Layout “%(name)s” replaced.")
        messages.success(request, words % {"name": name})
        return self._show_layout(request, event, form)

    def _apply(self, request: HttpRequest, event: Event, form: LayoutForm) -> HttpResponse:
        try:
            done = apply_layout(event, form.layout)
        except UnusablePlan as error:  # Somebody was quicker.
            form.add_error("text", str(error))
            return self._show_layout(request, event, form, status=400)
        words = _(
            "Seats: %(added)d added, %(changed)d changed, %(removed)d removed, %(kept)d kept because "
            "they’re sold."
        )
        counts = {name: len(getattr(done, name)) for name in ("added", "changed", "removed", "kept")}
        messages.success(request, words % counts)
        self.log_change(request, event, "Layout: " + words % counts)
        return redirect("admin:bookings_event_places", event.pk)

    def _show_layout(
        self, request: HttpRequest, event: Event, form: LayoutForm, *, status: int = 200
    ) -> HttpResponse:
        if not form.is_bound:
            form.read_initial()
        context = {"form": form, "kept": VenueLayout.objects.all(), **self._drawn(event, form)}
        return self.show(request, event, "layout", context, status=status)

    def _drawn(self, event: Event, form: LayoutForm) -> dict[str, Any]:
        if not hasattr(form, "differences"):
            return {}
        lines = form.differences.sentences(event.currency)
        drawn = draw_layout(Event.objects.get(pk=event.pk), form.layout)
        more = max(0, len(lines) - MOST_LINES)
        return {"map": drawn, "differences": lines[:MOST_LINES], "more": more, "digest": form.digest}
