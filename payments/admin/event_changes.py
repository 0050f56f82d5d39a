"""Staff move an event, or call it off: they see what it would do, decide, and watch it being done."""

import hashlib
from collections.abc import Callable
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.event_changes.changing import Author, Move, NotChangeable, apply_move, call_off, move_event
from bookings.models import BookingStatus, ChangeKind, Event, EventChange, NoticeOutcome
from bookings.read_only_admin import ReadOnlyPageAdmin
from bookings.staff.access import within_scope
from bookings.when.typed import ZonedTimeField
from payments.event_changes.forecast import forecast
from payments.event_changes.work import left
from payments.templatetags.staff import ago

SHOWN = 200  # of those that staff must look at
FORM_ID = 36  # characters
MOVE, CALL_OFF = "bookings.move_event", "bookings.call_off_event"


class ChangeForm(forms.Form):
    """What both ask. ``form_id`` makes a form that is sent twice one change."""

    form_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Customers see it on the event’s page and in the email."),
    )

    def __init__(self, *args: Any, event: Event, **options: Any) -> None:
        super().__init__(*args, **options)
        self.event = event

    def author(self, user: User) -> Author:
        cleaned = self.cleaned_data
        return Author(user=user, reason=cleaned["reason"].strip(), form_id=str(cleaned["form_id"]))


class CallOffForm(ChangeForm):
    """Asks for the event's short name, because nothing brings it back."""

    typed = forms.CharField(
        label=gettext_lazy("Type the event’s short name to confirm to confirm"), max_length=200
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["typed"].help_text = _("%(slug)s") % {"slug": self.event.slug}

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"].strip() != self.event.slug:
            raise forms.ValidationError(
                _("That doesn’t match. This event’s short name is %s.") % self.event.slug
            )
        return self.event.slug


class MoveForm(ChangeForm):
    """
    Asks where to, and what moves along.

    ``seen`` is the digest of the move that the page has shown: another one is shown before it is made.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    starts_at = ZonedTimeField(label=gettext_lazy("New start"))
    ends_at = ZonedTimeField(label=gettext_lazy("New end"))
    venue = forms.CharField(label=gettext_lazy("Place"), max_length=200)
    keeps_distances = forms.BooleanField(
        label=gettext_lazy("Shift the end of sale and the cancellation deadline too"),
        required=False,
        initial=True,
    )
    returnable_until = ZonedTimeField(
        label=gettext_lazy("Full refund until"),
        required=False,
        help_text=gettext_lazy(
            "For customers who booked the old date. Empty: the event’s usual cancellation policy."
        ),
    )
    field_order = ["starts_at", "ends_at", "venue", "keeps_distances", "returnable_until", "reason"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].required = False
        for field in self.fields.values():
            if isinstance(field, ZonedTimeField):
                field.use(self.event.time_zone)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.moved = apply_move(self.event, self.move())
            except NotChangeable as error:
                raise forms.ValidationError(str(error)) from error
        return cleaned

    def move(self) -> Move:
        names = ("starts_at", "ends_at", "venue", "keeps_distances", "returnable_until")
        return Move(**{name: self.cleaned_data[name] for name in names})

    @property
    def digest(self) -> str:
        """A digest of what would be done."""
        return hashlib.sha256(repr(self.move()).encode()).hexdigest()

    @property
    def was_shown(self) -> bool:
        """Whether the page has shown what would be done."""
        return self.cleaned_data["seen"] == self.digest


@admin.register(EventChange)
class EventChangeAdmin(ReadOnlyPageAdmin):
    """What was moved or called off, and how far the worker is with the bookings."""

    event_path = "event"
    list_display = ["event", "kind", "when", "actor", "reason"]
    list_filter = ["kind"]
    list_select_related = ["event", "actor"]
    page_select_related = ["event", "actor"]
    change_form_template = "admin/payments/event_changes/progress.html"

    @admin.display(description=gettext_lazy("When"), ordering="at")
    def when(self, change: EventChange) -> str:
        return ago(change.at)

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {"call_off": self.call_off, "move": self.move}
        paths = [
            path(
                f"<int:event_id>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(view),
                name=f"bookings_event_{name}",
            )
            for name, view in views.items()
        ]
        return [*paths, *super().get_urls()]

    def describe(self, request: HttpRequest, row: EventChange) -> dict[str, Any]:
        notices = row.notices.select_related("booking")
        failed = notices.exclude(outcome=NoticeOutcome.DONE)
        done, waiting = notices.count(), left(row).count()
        return {
            "record": row,
            "done": done,
            "total": done + waiting,
            "mailed": notices.exclude(mailed_at=None).count(),
            "failed": failed[:SHOWN],
            "unsent": notices.filter(outcome=NoticeOutcome.DONE, amount=None).exclude(words="")[:SHOWN],
            "is_running": waiting > 0,
        }

    def call_off(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Show what calling an event off would do, and do it."""
        event = _find(request, event_id, CALL_OFF)
        if done_before := event.changes.filter(kind=ChangeKind.CALLED_OFF).first():
            return redirect("admin:bookings_eventchange_change", done_before.pk)
        form = CallOffForm(request.POST or None, initial={"form_id": uuid4()}, event=event)
        if form.is_valid():
            try:
                change = call_off(event, form.author(cast(User, request.user)))
            except NotChangeable as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Event cancelled. Refunds are on their way."))
                return redirect("admin:bookings_eventchange_change", change.pk)
        seen = {"forecast": forecast(event), "title": _("Cancel event")}
        return self._page(request, "call_off", event, form, seen)

    def move(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Ask where an event is moved to, show what that would do, and do it."""
        event = _find(request, event_id, MOVE)
        if sent_before := _change_of(request, event):
            return redirect("admin:bookings_eventchange_change", sent_before.pk)
        initial = {
            **{name: getattr(event, name) for name in ("starts_at", "ends_at", "venue")},
            "form_id": uuid4(),
        }
        form = MoveForm(request.POST or None, initial=initial, event=event)
        seen: dict[str, Any] = {"title": _("Reschedule event")}
        if form.is_valid() and form.was_shown:
            try:
                change = move_event(event, form.move(), form.author(cast(User, request.user)))
            except NotChangeable as error:  # It was changed since the form looked.
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Event rescheduled. Ticket holders are being emailed."))
                return redirect("admin:bookings_eventchange_change", change.pk)
        elif form.is_valid():
            told = event.bookings.filter(status=BookingStatus.CONFIRMED).count()
            seen |= {"moved": form.moved, "digest": form.digest, "told": told}
        return self._page(request, "move", event, form, seen)

    def _page(
        self, request: HttpRequest, name: str, event: Event, form: ChangeForm, seen: dict[str, Any]
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "event": event, "form": form}
        template = f"admin/payments/event_changes/{name}.html"
        return TemplateResponse(request, template, {**context, **seen})


def _change_of(request: HttpRequest, event: Event) -> EventChange | None:
    """Return what the form that is sent has done before: afterwards there is nothing left to move."""
    return event.changes.filter(form_id=request.POST.get("form_id", "")[:FORM_ID]).first()


def _find(request: HttpRequest, event_id: int, permission: str) -> Event:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return get_object_or_404(within_scope(Event.objects.all(), request.user, "pk"), pk=event_id)
