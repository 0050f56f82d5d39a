"""What was sold: found again, printed, mailed, and given back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from bookings.documents import ticket_pages
from bookings.models import Ticket, TicketStatus
from bookings.money import format_money
from bookings.tickets.presence import with_entries
from bookings.tickets.resending import NoTickets, TooOften, resend
from bookings.web.ticket_pages import file_response
from payments.counter.returning import NotReturnable, take_back
from payments.counter.search import find_sales
from payments.counter.selling import TillClosed
from payments.counter.tills import open_till_of
from payments.counter_pages.access import SELL, VOID, clerk, counter_page, find_sale, sales_of
from payments.counter_pages.forms.voiding import VoidForm
from payments.counter_pages.selling import NO_TILL
from payments.models import CounterReturn, CounterSale

LISTED = 100


@counter_page(SELL, VOID)
def search(request: HttpRequest) -> HttpResponse:
    """Show today's sales, or those that match what was typed; the only one that does opens at once."""
    typed = request.GET.get("q", "").replace("\0", "").strip()[:200]
    sales = sales_of(request)
    found = find_sales(typed, sales) if typed else sales.filter(sold_at__date=timezone.localdate())
    rows = list(found[:LISTED])
    if typed and len(rows) == 1:
        return redirect("counter:sale", rows[0].pk)
    return render(request, "payments/counter/sales.html", {"sales": rows, "typed": typed})


@counter_page(SELL, VOID)
def sale_page(request: HttpRequest, pk: int) -> HttpResponse:
    sale = find_sale(request, pk)
    given = request.GET.get("given", "")
    known = given.isascii() and given.isdecimal() and len(given) < 12
    context = {
        "sale": sale,
        "event": sale.booking.event,
        "tickets": _tickets(sale),
        "returns": sale.returns.select_related("actor").prefetch_related("tickets__seat"),
        "change": int(given) - sale.amount if known and int(given) >= sale.amount else None,
        "may_void": request.user.has_perm(VOID) and bool(_live(sale)),
        "may_sell": request.user.has_perm(SELL),
    }
    return render(request, "payments/counter/sale.html", context)


@counter_page(SELL, VOID, methods="GET HEAD")
def roll(request: HttpRequest, pk: int) -> HttpResponse:
    """Print the valid tickets of a sale on a roll of 80 mm."""
    sale = find_sale(request, pk)
    tickets = _live(sale)
    if not tickets:
        raise Http404
    pages, lines = ticket_pages.write_pages(tickets), [_printed(sale, ticket) for ticket in tickets]

    def draw() -> bytes:
        from bookings.documents import roll as paper  # As in ``bookings.web.ticket_pages``.

        return paper.draw_roll(pages, lines)

    name, tag = f"{sale}.pdf", ticket_pages.tag(pages)
    return file_response(request, "application/pdf", name=name, tag=tag, make=draw)


@counter_page(SELL, VOID, methods="POST")
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail the tickets of a sale again."""
    sale = find_sale(request, pk)
    try:
        if not sale.booking.email:
            raise NoTickets
        resend(sale.booking)
        messages.success(request, f"Emailing the tickets to {sale.booking.email}.")
    except NoTickets:
        messages.error(request, "No tickets or no email address.")
    except TooOften:
        messages.error(request, "Email limit for today reached.")
    return redirect("counter:sale", sale.pk)


@counter_page(VOID)
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel tickets, and note what goes back for them."""
    sale = find_sale(request, pk)
    form_id = request.POST.get("form_id", "")
    if form_id.isprintable() and CounterReturn.objects.filter(form_id=form_id, sale=sale).exists():
        return redirect("counter:sale", sale.pk)
    tickets = _live(sale)
    form = VoidForm(request.POST or None, sale=sale, tickets=tickets, **_worth(sale, tickets))
    if not form.is_valid():
        return _render_void(request, form, status=400 if form.is_bound else 200)
    try:
        _take_back(request, sale, form)
    except TillClosed:
        form.add_error(None, NO_TILL)
    except NotReturnable:
        form.add_error(None, "These tickets were just cancelled. Check again.")
    else:
        messages.success(request, "Tickets cancelled. Their places are back on sale.")
        return redirect("counter:sale", sale.pk)
    return _render_void(request, form, status=409)


def _render_void(request: HttpRequest, form: VoidForm, *, status: int) -> HttpResponse:
    sale = form.sale
    till = open_till_of(clerk(request), sale.currency)
    context = {"sale": sale, "form": form, "event": sale.booking.event, "till": till}
    return render(request, "payments/counter/void.html", context, status=status)


def _take_back(request: HttpRequest, sale: CounterSale, form: VoidForm) -> None:
    chosen = [ticket for ticket in _live(sale) if ticket.pk in form.cleaned_data["tickets"]]
    take_back(
        sale,
        chosen,
        amount=form.cleaned_data["back"],
        kind=form.kind,
        till=open_till_of(clerk(request), sale.currency),
        actor=clerk(request),
        reason=form.cleaned_data["reason"],
        form_id=str(form.cleaned_data["form_id"]),
    )


def _tickets(sale: CounterSale) -> list[Ticket]:
    tickets = sale.booking.tickets.unreplaced().select_related("seat__event", "booking")
    return list(with_entries(tickets).order_by("seat_id", "pk"))


def _live(sale: CounterSale) -> list[Ticket]:
    return [ticket for ticket in _tickets(sale) if ticket.status != TicketStatus.VOID]


def _worth(sale: CounterSale, tickets: list[Ticket]) -> dict[str, Any]:
    """Return what was paid for each of ``tickets``, and how much of all is still here."""
    paid = {one.seat_id: one.worth for one in sale.booking.booked_seats.current()}
    back = sum(sale.returns.values_list("amount", flat=True))
    return {
        "worth": {ticket.pk: paid.get(ticket.seat_id, 0) for ticket in tickets},
        "left": sale.amount - back,
    }


def _printed(sale: CounterSale, ticket: Ticket) -> tuple[str, ...]:
    """Return what the paper says of a ticket besides its page: whose it is, and how it was sold."""
    booked = sale.booking.booked_seats.current().select_related("type").get(seat=ticket.seat_id)
    kind = f"{booked.type}, " if booked.type else ""
    lines = [f"{kind}{format_money(booked.worth, sale.currency)}", sale.number]
    return (*filter(None, [ticket.holder]), *lines)
