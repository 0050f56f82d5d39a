from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import condition, require_safe

from bookings.door.presence import with_entries
from bookings.events.addresses import find_event
from bookings.messages import explain_code
from bookings.models import Booking, Event, EventStatus, Ticket
from bookings.orders.offers import Offer, typed_code
from bookings.orders.places import typed_places
from bookings.programme.cards import Card
from bookings.programme.dates import other_dates
from bookings.programme.prices import price_events
from bookings.staff.access import may_preview
from bookings.tickets import qr, tokens
from bookings.web import search_engines, slots
from bookings.web.forms import BookingForm, linked
from legal.terms import current_terms


@require_safe
@never_cache
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an event. An address that it had before leads to the one that it has; a draft is for staff."""
    event = _with_availability(slug)
    if event.is_draft and not may_preview(request, event):
        raise Http404
    if event.slug != slug:
        query = request.GET.urlencode()
        return HttpResponsePermanentRedirect(f"{event.get_absolute_url()}{'?' if query else ''}{query}")
    if event.is_draft and request.GET.get("as") == "on-sale":
        event.seen_at = event.sales_from
    return _render_event(request, event, BookingForm(initial=linked(request.GET)))


def render_event(request: HttpRequest, slug: str, form: BookingForm, *, status: int = 200) -> HttpResponse:
    """Render the page of a public event with the seat map and ``form``; raise ``Http404`` for any other."""
    event = _with_availability(slug)
    if event.is_draft:
        raise Http404
    return _render_event(request, event, form, status=status)


def _with_availability(slug: str) -> Event:
    event = find_event(slug, Event.objects.with_availability)
    if event is None:
        raise Http404
    return event


def _render_event(
    request: HttpRequest, event: Event, form: BookingForm, *, status: int = 200
) -> HttpResponse:
    price_events([event])
    context: dict[str, Any] = {"event": event, "form": form, "max_seats": event.order_limit}
    context |= {"found": search_engines.describe(event), "terms": current_terms()}
    now = event.seen_at or timezone.now()
    context |= {"card": Card([event], now), "dates": other_dates(event), "now": now}
    context |= slots.context_for("event", request, event)
    form.initial = {**form.initial, **context.get("buyer", {})}
    context["chosen"] = form.chosen
    context["offer"] = _offer(request, event, form, context)
    response = render(request, "bookings/event.html", context, status=status)
    return search_engines.allow_finding(response) if event.is_listed and status == 200 else response


def _offer(request: HttpRequest, event: Event, form: BookingForm, context: dict[str, Any]) -> Offer:
    """Return what ``event`` offers to this customer, with the code that they have typed or come with."""
    typed = str(form["code"].value() or "")
    may_try = not typed or request.method == "POST" or context["may_try_code"]()
    code, problem = typed_code(event, typed if may_try else "")
    return Offer(
        event,
        member=context.get("member"),
        code=code,
        problem=explain_code(problem) if problem else "",
        chosen=form.chosen,
        kinds=form.kinds,
        numbers=form.numbers,
    )


@require_safe
@never_cache
def booking_page(request: HttpRequest, reference: str) -> HttpResponse:
    return render_booking(
        request, get_object_or_404(Booking.objects.select_related("event"), reference=reference)
    )


def render_booking(
    request: HttpRequest, booking: Booking, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """Render the page of ``booking``, with ``problem`` as an error message if there is one."""
    context = slots.context_for("booking", request, booking)
    context |= {**booking_facts(booking), "problem": problem}
    return render(request, "bookings/booking.html", context, status=status)


def booking_facts(booking: Booking) -> dict[str, Any]:
    """
    Return what the pages after a purchase show of ``booking``: its ``tickets`` and ``places``, and ``now``.

    ``any_valid`` tells that one of the tickets is valid, ``is_going`` that its event is still to take place.
    """
    found = with_entries(booking.tickets.unreplaced().with_kinds())
    found = found.select_related("seat__event", "seat__area", "booking")
    tickets, now, event = list(found.order_by("seat_id", "pk")), timezone.now(), booking.event
    any_valid = any(ticket.is_valid for ticket in tickets)
    takes_place = event.status != EventStatus.CANCELLED and now < event.ends_at
    return {
        "booking": booking,
        "tickets": tickets,
        "places": typed_places(booking),
        "now": now,
        "any_valid": any_valid,
        "is_going": takes_place and any_valid,
    }


@require_safe
@never_cache
def ticket_page(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "bookings/ticket.html", {"ticket": get_object_or_404(_tickets(), code=code)})


def _tickets() -> QuerySet[Ticket]:
    found = with_entries(Ticket.objects.with_kinds())
    return found.select_related("seat__event", "seat__area", "booking")


def _drawing_tag(request: HttpRequest, code: str) -> str | None:
    """Return the ETag of a ticket's image; it changes with the ticket's status."""
    status = Ticket.objects.filter(code=code).values_list("status", flat=True).first()
    return f'"{code}-{status}"' if status else None


@require_safe
@condition(etag_func=_drawing_tag)
def ticket_png(request: HttpRequest, code: str) -> HttpResponse:
    ticket = get_object_or_404(_tickets(), code=code)
    if not ticket.is_valid:
        return _picture(qr.placeholder(ticket.status, "png"), "image/png")
    return _picture(bytes(ticket.qr_png or qr.draw_png(tokens.sign(ticket))), "image/png")


@require_safe
@condition(etag_func=_drawing_tag)
def ticket_svg(request: HttpRequest, code: str) -> HttpResponse:
    ticket = get_object_or_404(_tickets(), code=code)
    if not ticket.is_valid:
        return _picture(qr.placeholder(ticket.status, "svg"), "image/svg+xml")
    return _picture(qr.draw_svg(tokens.sign(ticket)), "image/svg+xml")


def _picture(content: bytes | str, content_type: str) -> HttpResponse:
    """Return an image that browsers cache but revalidate each time, since the ticket may be voided."""
    return HttpResponse(content, content_type, headers={"Cache-Control": "private, no-cache"})
