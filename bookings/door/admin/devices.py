"""The devices at the door: pair one, see whether they are there, stop them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.door.devices.codes import PREFIX
from bookings.door.devices.pairing import expiry_of, invite_again, revoke
from bookings.models import Device, Event
from bookings.read_only_admin import GrowingAdmin
from bookings.staff.access import scope_of, within_scope
from bookings.tickets.qr import draw_svg


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
    list_display = ["name", "gate", "role", "status", "last_seen_at", "queued", "clock", "paired_at"]
    list_filter = ["role", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "gate"]
    actions = ["revoke_chosen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Device]:
        devices = Device.objects.all()
        scope = scope_of(request.user)
        if scope is None:
            return devices
        others = Event.objects.exclude(pk__in=scope)
        return devices.filter(events__in=scope).exclude(events__in=others).distinct()

    def get_readonly_fields(self, request: HttpRequest, obj: Device | None = None) -> list[str]:
        if obj is None:
            return []
        return ["status", "made_by", "made_at", "paired_at", "expires_at", "last_seen_at", "queued", "clock"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        now = timezone.now()
        coming = within_scope(Event.objects.upcoming(now), request.user, "pk")
        chosen = request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
        if chosen.isdecimal():
            coming = coming | within_scope(Event.objects.filter(door_devices=int(chosen)), request.user, "pk")
        kwargs["queryset"] = coming.distinct()
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field:
            field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
            field.help_text = ""
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

    @admin.display(description=gettext_lazy("Clock"), empty_value="–")
    def clock(self, device: Device) -> str | None:
        if not device.paired_at:
            return None
        seconds = round(device.skew_ms / 1000)
        return _("%(seconds)+d s") % {"seconds": seconds}

    # Pairing

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/pair/", self.admin_site.admin_view(self.pair_view), name="bookings_device_pair")
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.made_by, obj.expires_at = request.user, expiry_of(form.cleaned_data["events"])  # type: ignore[assignment]
        obj.code = invite_again(obj)  # type: ignore[attr-defined]

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
        if request.method != "POST" or device.paired_at or device.revoked_at:
            return redirect("admin:bookings_device_change", pk)
        return self._show_code(request, device, invite_again(device))

    def _show_code(self, request: HttpRequest, device: Device, code: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "device": device,
            "code": f"{code[:4]} {code[4:]}",
            "picture": mark_safe(draw_svg(f"{PREFIX}{code}")),  # noqa: S308  # made of digits
            "minutes": 10,
        }
        return render(request, "admin/bookings/device/pair.html", context)

    @admin.action(description=gettext_lazy("Revoke the chosen devices"), permissions=["change"])
    def revoke_chosen(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        chosen = list(devices)
        for device in chosen:
            revoke(device)
            self.log_change(request, device, "Revoked.")
        words = ngettext("%(count)d device revoked.", "%(count)d devices revoked.", len(chosen))
        messages.success(request, words % {"count": len(chosen)})
