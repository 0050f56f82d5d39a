"""The page with an event's open holds, where staff let go those of somebody who hoards."""

from typing import Any, cast
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from bookings.models import Event
from bookings.seats.held_share import high_shares
from bookings.staff.access import within_scope
from payments.admin.bulk import BulkForm
from payments.models import Action
from payments.reconciliation.run import CALLS_PER_SECOND
from payments.staff import bulk
from payments.staff.actions import PERMISSIONS
from payments.staff.holds import SHOWN, groups_of, holds_of, open_holds

LISTED = 100


def holds_page(request: HttpRequest, event_id: int, about: dict[str, Any]) -> HttpResponse:
    """
    Show who holds much of an event; of those chosen, what would be let go; and begin that run.

    What is chosen is looked up again as the run begins: whoever hoards goes on meanwhile.
    """
    if not request.user.has_perm(PERMISSIONS[Action.RELEASE]):
        raise PermissionDenied
    event = get_object_or_404(within_scope(Event.objects.all(), request.user, "pk"), pk=event_id)
    by, value = request.GET.get("by", ""), request.GET.get("value", "").strip()
    chosen = holds_of(event, by=by, value=value) if by else None
    form = BulkForm(request.POST if request.method == "POST" else None, initial={"form_id": uuid4()})
    if chosen is not None and chosen.exists() and form.is_valid():
        run = bulk.start(
            chosen,
            action=Action.RELEASE,
            actor=cast(User, request.user),
            reason=form.cleaned_data["reason"],
            form_id=str(form.cleaned_data["form_id"]),
        )
        return redirect("admin:payments_bulkrun_change", run.pk)
    count = chosen.count() if chosen is not None else 0
    context = {
        **about,
        "event": event,
        "count_of_all": open_holds(event).count(),
        "share": next((share for share in high_shares() if share.event_id == event.pk), None),
        "groups": groups_of(event),
        "by": by,
        "value": value,
        "name": value if by in ("age", "email") else value[:SHOWN],
        "chosen": chosen[:LISTED] if chosen is not None else None,
        "count": count,
        "seconds": count // CALLS_PER_SECOND + 1,
        "form": form,
    }
    return TemplateResponse(request, "admin/payments/bulk/holds.html", context)
