"""Views for keeping tickets: all of a booking on one page, as a PDF, in the calendar, and offline."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.documents import ticket_pages
from bookings.models import Booking, BookingStatus, Ticket
from bookings.models.ticket import TicketQuerySet

WALLET = "wallet"  # a format of the PDF


@require_safe
@never_cache
def all_tickets(request: HttpRequest, reference: str) -> HttpResponse:
    booking = _booking(reference)
    tickets = _current(booking)
    if not tickets:
        return redirect(booking)
    context = {"booking": booking, "tickets": tickets, "any_valid": any(it.is_valid for it in tickets)}
    return render(request, "bookings/tickets.html", context)


@require_safe
def ticket_pdf(request: HttpRequest, code: str) -> HttpResponse:
    ticket = get_object_or_404(_with_facts(Ticket.objects.all()), code=code)
    return _pdf(request, [ticket], f"{ticket.event.slug}-{ticket.seat.label}.pdf")


@require_safe
def booking_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    booking = _booking(reference)
    tickets = _current(booking)
    if not tickets:
        raise Http404
    return _pdf(request, tickets, ticket_pages.file_name(booking))


@require_safe
def calendar(request: HttpRequest, reference: str) -> HttpResponse:
    booking = _booking(reference)
    if booking.status not in (BookingStatus.CONFIRMED, BookingStatus.CANCELLED) or not booking.confirmed_at:
        raise Http404
    from bookings.documents import ical  # Only where it is needed: see ``_pdf``.

    content, kind = ical.write_calendar(booking), f"{ical.content_type(booking)}; charset=utf-8"
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return file_response(request, kind, name=ical.file_name(booking), tag=tag, make=lambda: content)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """
    Serve the service worker that shows cached tickets while the browser is offline.

    Its scope would be ``/tickets/``, where this URL is; ``Service-Worker-Allowed`` lets it handle the pages
    of bookings too. ``no-cache`` makes browsers look for a new version whenever a ticket is opened.
    """
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return HttpResponse(_worker_script(), "text/javascript; charset=utf-8", headers=headers)


def _worker_script() -> bytes:
    return Path(str(finders.find("js/tickets/worker.js"))).read_bytes()


def _booking(reference: str) -> Booking:
    return get_object_or_404(Booking.objects.select_related("event"), reference=reference)


def _current(booking: Booking) -> list[Ticket]:
    """Return the newest ticket of each seat, in the order of the seats."""
    return list(_with_facts(booking.tickets.current()).order_by("seat_id"))


def _with_facts(tickets: TicketQuerySet) -> TicketQuerySet:
    return tickets.with_kinds().select_related("seat__event", "seat__area", "booking")


def _pdf(request: HttpRequest, tickets: list[Ticket], name: str) -> HttpResponse:
    """Return a page for each of ``tickets``: A4, or with ``?format=wallet`` in the size of a bank card."""
    pages = ticket_pages.write_pages(tickets)
    layout = WALLET if request.GET.get("format") == WALLET else ""

    def draw() -> bytes:
        # reportlab, HarfBuzz and icalendar take as much memory as Django's models; most processes never draw.
        from bookings.documents import pdf, pocket

        return pocket.draw_pages(pages) if layout else pdf.draw_pages(pages)

    tag = ticket_pages.tag(pages, layout)
    return file_response(request, "application/pdf", name=name, tag=tag, make=draw)


def file_response(
    request: HttpRequest, content_type: str, *, name: str, tag: str, make: Callable[[], bytes]
) -> HttpResponse:
    """Return a file that browsers cache but revalidate each time, since a ticket may be voided."""
    response = get_conditional_response(request, etag=tag) or HttpResponse(make(), content_type)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = str(content_disposition_header(False, name))
    return response
