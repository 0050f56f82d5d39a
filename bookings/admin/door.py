"""The page about the door of one event: who came in when and where, what doesn't fit, which devices work."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.event_pages import EventPages
from bookings.door.conflicts import Clash, Settlement, clashes, explain, settle
from bookings.door.reports.curve import draw_curve
from bookings.door.reports.figures import figures_of, gates_of, no_shows, stopped_inside
from bookings.door.reports.tables import no_show_lines, scan_lines
from bookings.models import Entry, Event

SEES_THE_DOOR = "bookings.view_entry"
SETTLES = "bookings.change_entry"
DOOR_PAGES = ("door", "scans_csv", "no_shows_csv")
LISTED = 200  # no-shows; all are in the file


class SettleForm(forms.Form):
    """Asks how a conflict was dealt with."""

    how = forms.ChoiceField(choices=Settlement.choices, label=gettext_lazy("What was done"))
    reason = forms.CharField(required=False, max_length=300, label=gettext_lazy("Note"))


class DoorPages(EventPages):
    """Who may see entries has these pages, also without those of events."""

    def door_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        """Show what happened at the door; settle one of its conflicts."""
        may_settle = request.user.has_perm(SETTLES)
        if request.method == "POST":
            return self._settle(request, event, may=may_settle)
        missing = no_shows(event).with_kinds()
        context = {
            "figures": figures_of(event),
            "gates": gates_of(event),
            "curve": draw_curve(event),
            "stopped": stopped_inside(event),
            "missing": missing[:LISTED],
            "conflicts": [_describe(clash, event) for clash in clashes(event, unsettled=False)],
            "devices": event.door_devices.paired().order_by("gate", "name"),
            "may_settle": may_settle,
            "ways": Settlement.choices,
        }
        return self.show(request, event, "door", context)

    def scans_csv_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        return _download(f"scans-{event.slug}.csv", scan_lines(event))

    def no_shows_csv_view(self, request: HttpRequest, event: Event) -> HttpResponse:
        return _download(f"no-shows-{event.slug}.csv", no_show_lines(event))

    def _settle(self, request: HttpRequest, event: Event, *, may: bool) -> HttpResponse:
        if not may:
            raise PermissionDenied
        number = request.POST.get("entry", "")
        conflicts = Entry.objects.exclude(conflict="").filter(event=event)
        entry = get_object_or_404(conflicts, pk=number if number.isdecimal() else None)
        form = SettleForm(request.POST)
        if form.is_valid():
            said, by = form.cleaned_data, request.user.get_username()
            settled = settle(entry, said["how"], said["reason"], by)
            if settled.settled_by == by:
                messages.success(request, _("Noted."))
            else:
                words = _("%(name)s has already settled this: %(how)s.")
                about = {"name": settled.settled_by, "how": settled.settled_how}
                messages.warning(request, words % about)
        else:
            messages.error(request, _("Nothing was changed. Choose what was done."))
        return redirect("admin:bookings_event_door", event.pk)


def _describe(clash: Clash, event: Event) -> dict[str, Any]:
    return {"entry": clash.entry, "other": clash.other, "words": explain(clash, event)}


def _download(name: str, lines: Iterator[str]) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, "text/csv; charset=utf-8", headers=headers)  # type: ignore[return-value]
