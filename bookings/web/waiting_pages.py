"""The pages of the waiting list: to go on it, and the secret one of each who waits, with their offer."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings.events.addresses import find_event
from bookings.models import Event, WaitingEntry
from bookings.waiting_list import joining
from bookings.web import slots
from bookings.web.waiting_forms import JoinForm, OfferForm
from legal.terms import current_terms

HOUR = 60 * 60  # s


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask who wants to wait, perhaps for the area that a link has named, and mail them how to confirm it."""
    event = find_event(slug)
    if event is None:
        raise Http404
    form = JoinForm(
        request.POST if request.method == "POST" else None, event=event, initial=request.GET.dict()
    )
    if not form.is_bound:
        return _render_join(request, event, form)
    if not slots.context_for("waiting_list", request, event).get("may_join", True):
        form.add_error(None, _("Too many attempts. Try again in an hour."))
        response = _render_join(request, event, form, status=429)
        response.headers["Retry-After"] = str(HOUR)
        return response
    if not form.is_valid():
        return _render_join(request, event, form, status=400)
    cleaned = form.cleaned_data
    try:
        joining.join(
            event,
            name=cleaned["name"],
            email=cleaned["email"],
            language=get_language() or "",
            quantity=cleaned["quantity"],
            area=cleaned["area"],
            kind=form.kind,
        )
    except joining.NobodyWaits:
        form.add_error(None, _("There’s no waiting list for this event right now."))
    except joining.PlacesFree:
        form.add_error(None, _("There are tickets again. You can book now."))
    else:
        return render(
            request, "bookings/waiting_list/mailed.html", {"event": event, "email": cleaned["email"]}
        )
    return _render_join(request, event, form, status=409)


def _render_join(request: HttpRequest, event: Event, form: JoinForm, *, status: int = 200) -> HttpResponse:
    context = {"event": event, "join": form}
    return render(request, "bookings/waiting_list/join.html", context, status=status)


@require_safe
@never_cache
def waiting(request: HttpRequest, reference: str) -> HttpResponse:
    entry = find_entry(reference)
    return render_entry(request, entry, OfferForm(entry=entry))


def find_entry(reference: str) -> WaitingEntry:
    """Return the entry with this secret reference; raise ``Http404``."""
    entries = WaitingEntry.objects.select_related("event", "area", "type", "booking")
    return get_object_or_404(entries, reference=reference)


def render_entry(
    request: HttpRequest, entry: WaitingEntry, form: OfferForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """Render the page of who waits, with ``problem`` as an error message if there is one."""
    context = {
        "entry": entry,
        "event": entry.event,
        "form": form,
        "has_offer": entry.has_offer(timezone.now()),
        "problem": problem,
        "terms": current_terms(),
        **slots.context_for("waiting", request, entry),
    }
    return render(request, "bookings/waiting_list/entry.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, reference: str) -> HttpResponse:
    entry = find_entry(reference)
    if request.method == "POST":
        joining.confirm(entry)
    return redirect(entry)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def leave(request: HttpRequest, reference: str) -> HttpResponse:
    """Take somebody off the list, or decline their offer."""
    entry = find_entry(reference)
    if request.method == "POST":
        joining.leave(entry)
    return redirect(entry)
