"""Staff's page of waiting lists: who waits, who has which offer until when; and to take somebody off."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.addresses.normal_form import readable
from bookings.event_filter import NearEventFilter
from bookings.models import WaitingEntry
from bookings.read_only_admin import ReadOnlyAdmin
from bookings.waiting_list.joining import leave


@admin.register(WaitingEntry)
class WaitingEntryAdmin(ReadOnlyAdmin):
    event_path = "event"
    list_display = [
        *("name", "address", "event", "quantity", "area", "type", "status", "waiting_since"),
        *("offered_until", "places", "mail_refusal"),
    ]
    list_filter = ["status", ("event", NearEventFilter)]
    list_select_related = ["event", "area", "type", "booking"]
    search_fields = ["name", "email"]
    exclude = ["reference"]
    actions = ["take_off"]

    @admin.display(description=gettext_lazy("Email"), ordering="email")
    def address(self, entry: WaitingEntry) -> str:
        return readable(entry.email)

    @admin.display(description=gettext_lazy("Places"))
    def places(self, entry: WaitingEntry) -> str:
        return ", ".join(entry.booking.seat_labels) if entry.booking else ""

    @admin.action(description=gettext_lazy("Remove from waiting list"), permissions=["take_off"])
    def take_off(self, request: HttpRequest, rows: QuerySet[WaitingEntry]) -> None:
        taken = [entry for entry in rows if leave(entry)]
        for entry in taken:
            self.log_change(request, entry, "Removed from the waiting list.")
        words = ngettext("%(count)d removed.", "%(count)d removed.", len(taken))
        messages.success(request, words % {"count": len(taken)})
        if len(taken) < len(rows):
            messages.warning(request, _("Customers who are paying or have left aren’t changed."))

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_waitingentry")
