"""The devices at the door: pair one, see whether they are there, stop them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.door.devices.codes import PREFIX
from bookings.door.devices.pairing import (
    WORKS_AFTER,
    NotWaiting,
    expiry_of,
    give_code,
    invite_again,
    revoke,
)
from bookings.event_filter import NearEventFilter, name_with_day
from bookings.models import Device, Event, EventStatus
from bookings.read_only_admin import GrowingAdmin
from bookings.staff.access import scope_of, within_scope
from bookings.tickets.qr import draw_svg

MOST_SKEW = timedelta(minutes=2)  # beyond that, a device's clock is said to be wrong


class DeviceForm(forms.ModelForm):
    """A device before it is paired: whoever holds it then says how it is called."""

    class Meta:
        model = Device
        fields = ("events", "role", "gate", "name")
        widgets = {"events": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].required = False
            self.fields["name"].help_text = _("Such as North, phone 2. Empty: whoever pairs it says so.")

    def clean_gate(self) -> str:
        return _one_line(self.cleaned_data["gate"])

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"]) or _("New device")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise forms.ValidationError(_("Use a single line."))
    return text.strip()


@admin.register(Device)
class DeviceAdmin(GrowingAdmin):
    """Limited staff have the devices that are for their events only."""

    event_path = "events"
    form = DeviceForm
    list_display = [
        *("name", "where", "gate", "role", "status", "last_seen_at", "list_age", "queued", "clock"),
        *("paired_at", "made_by"),
    ]
    list_filter = [("events", NearEventFilter), "role", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["made_by"]
    search_fields = ["name", "gate"]
    actions = ["revoke_chosen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        devices = Device.objects.prefetch_related("events")
        scope = scope_of(request.user)
        if scope is None:
            return devices
        others = Event.objects.exclude(pk__in=scope)
        return devices.filter(events__in=scope).exclude(events__in=others).distinct()

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> list[str]:
        if obj is None:
            return []
        return [
            *("status", "made_by", "made_at", "paired_at", "revoked_at", "expires_at", "last_seen_at"),
            *("list_age", "queued", "clock"),
        ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        pairable = Event.objects.upcoming(timezone.now() - WORKS_AFTER).exclude(status=EventStatus.CANCELLED)
        coming = within_scope(pairable, request.user, "pk")
        chosen = request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
        if chosen.isdecimal():
            coming = coming | within_scope(Event.objects.filter(door_devices=int(chosen)), request.user, "pk")
        kwargs["queryset"] = coming.distinct()
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field:
            field.label_from_instance = name_with_day
            field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
            field.help_text = ""
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "events" and field:
            field.widget.can_add_related = False  # Whoever pairs a phone makes no event on the way.
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Its scans are kept, and say which device it was.

    @admin.display(description=gettext_lazy("Status"))
    def status(self, device: Device) -> str:
        if device.revoked_at:
            return _("Revoked")
        if device.paired_at:
            return _("Working") if device.is_working else _("Expired")
        return _("Waiting for its code") if device.code_until > timezone.now() else _("Not paired")

    @admin.display(description=gettext_lazy("Events"))
    def where(self, device: Device) -> str:
        first, *others = [name_with_day(event) for event in device.events.all()] or [""]
        words = ngettext("%(first)s and %(count)d more", "%(first)s and %(count)d more", len(others))
        return words % {"first": first, "count": len(others)} if others else first

    @admin.display(description=gettext_lazy("Age of its list"), empty_value="–")
    def list_age(self, device: Device) -> str | None:
        return timesince(device.listed_at) if device.listed_at else None

    @admin.display(description=gettext_lazy("Clock"), empty_value="–")
    def clock(self, device: Device) -> str | SafeString | None:
        if not device.paired_at:
            return None
        skew = _("%(seconds)+d s") % {"seconds": round(device.skew_ms / 1000)}
        is_wrong = abs(timedelta(milliseconds=device.skew_ms)) > MOST_SKEW
        return format_html("<strong>{}: {}</strong>", _("Wrong"), skew) if is_wrong else skew

    # Pairing

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/pair/", self.admin_site.admin_view(self.pair_view), name="bookings_device_pair"),
            path(
                "revoke/<int:event_id>/",
                self.admin_site.admin_view(self.revoke_event_view),
                name="bookings_device_revoke_event",
            ),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        if change:  # The device may be paired or revoked meanwhile.
            obj.save(update_fields=[name for name in form.changed_data if name != "events"])
            return
        obj.made_by, obj.expires_at = request.user, expiry_of(form.cleaned_data["events"])  # type: ignore[assignment]
        obj.code = give_code(obj)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        device: Device = form.instance
        Device.objects.filter(pk=device.pk).update(expires_at=expiry_of(device.events.all()))

    def response_add(
        self, request: HttpRequest, obj: Device, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the code of a new device at once."""
        return self._show_code(request, obj, obj.code)  # type: ignore[attr-defined]

    def pair_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a device that isn't paired yet another code, and show that."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        device = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return redirect("admin:bookings_device_change", pk)
        try:
            code = invite_again(device)
        except NotWaiting:
            messages.error(request, _("It is paired or revoked, or its event is over. Pair another device."))
            return redirect("admin:bookings_device_change", pk)
        self.log_change(request, device, "Given a new code.")
        return self._show_code(request, device, code)

    def _show_code(self, request: HttpRequest, device: Device, code: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "device": device,
            "code": f"{code[:4]} {code[4:]}",
            "picture": mark_safe(draw_svg(f"{PREFIX}{code}")),  # noqa: S308  # made of digits
            "zone": device.events.order_by("starts_at", "pk").values_list("time_zone", flat=True)[0],
        }
        return render(request, "admin/bookings/device/pair.html", context)

    @admin.action(description=gettext_lazy("Revoke the chosen devices"), permissions=["change"])
    def revoke_chosen(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        self._revoke(request, devices)

    def revoke_event_view(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Ask whether all devices of an event shall be stopped, and stop them."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        event = get_object_or_404(within_scope(Event.objects.all(), request.user, "pk"), pk=event_id)
        devices = self.get_queryset(request).filter(revoked_at=None, events=event)
        if request.method == "POST":
            self._revoke(request, devices)
            return redirect("admin:bookings_device_changelist")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "event": event}
        return render(
            request, "admin/bookings/device/revoke_event.html", {**context, "devices": list(devices)}
        )

    def _revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        stopped = [device for device in devices if revoke(device)]
        for device in stopped:
            self.log_change(request, device, "Revoked.")
        words = ngettext("%(count)d device revoked.", "%(count)d devices revoked.", len(stopped))
        messages.success(request, words % {"count": len(stopped)})
