from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import condition, require_safe

from bookings.models import Booking, Event, Ticket
from bookings.seats.holds import MAX_SEATS
from bookings.tickets import qr, tokens
from bookings.web import slots
from bookings.web.forms import BookingForm
from legal.terms import current_terms


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    events = Event.objects.upcoming(timezone.now()).with_availability()
    return render(request, "bookings/home.html", {"events": events})


@require_safe
@never_cache
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    return render_event(request, slug, BookingForm())


def render_event(request: HttpRequest, slug: str, form: BookingForm, *, status: int = 200) -> HttpResponse:
    """Render the event's page with the seat map and ``form``; raise ``Http404`` if there is no such event."""
    event = get_object_or_404(Event.objects.with_availability(), slug=slug)
    context = {"event": event, "chosen": form.chosen, "form": form, "max_seats": MAX_SEATS}
    context["terms"] = current_terms()
    context |= slots.context_for("event", request, event)
    return render(request, "bookings/event.html", context, status=status)


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
    tickets = booking.tickets.unreplaced().select_related("seat__event").order_by("seat_id", "pk")
    context |= {"booking": booking, "tickets": tickets, "problem": problem, "now": timezone.now()}
    return render(request, "bookings/booking.html", context, status=status)


@require_safe
@never_cache
def ticket_page(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "bookings/ticket.html", {"ticket": get_object_or_404(_tickets(), code=code)})


def _tickets() -> QuerySet[Ticket]:
    return Ticket.objects.select_related("seat__event", "booking")


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
