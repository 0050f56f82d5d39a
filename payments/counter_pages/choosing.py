"""The page where places are chosen and held."""

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from bookings.models import Event, SeatState
from bookings.orders.wishes import MAX_SEATS
from bookings.seats.holds import SeatsTaken
from bookings.seats.seat_map import DrawnArea, DrawnSeat, SeatMap, draw_map
from payments.counter.holding import hold_at_counter
from payments.counter.tills import open_till_of
from payments.counter_pages.access import SELL, clerk, counter_page, events_of
from payments.counter_pages.forms.wishes import ChooseForm
from payments.counter_pages.offer import Offer
from payments.models import CounterSale
from payments.web.errors import REFUSALS, explain


@counter_page(SELL)
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    event = get_object_or_404(events_of(request), slug=slug)
    offer = Offer(event)
    if request.method != "POST":
        return _render(request, offer, ChooseForm(offer=offer))
    form = ChooseForm(request.POST, offer=offer)
    if not form.is_valid():
        return _render(request, offer, form, status=400)
    wish, attempt = form.cleaned_data["wish"], form.cleaned_data["attempt"]
    try:
        booking = hold_at_counter(event, clerk(request), wish, attempt=attempt)
    except REFUSALS as refusal:
        problem = explain(refusal)
        form.add_error("seats" if isinstance(refusal, SeatsTaken) else None, str(problem.detail))
        return _render(request, offer, form, status=problem.status_code)
    if sale := CounterSale.objects.filter(booking=booking).first():
        return redirect("counter:sale", sale.pk)
    return redirect("counter:held", booking.reference)


def _render(request: HttpRequest, offer: Offer, form: ChooseForm, *, status: int = 200) -> HttpResponse:
    context = {
        "event": offer.event,
        "offer": offer,
        "form": form,
        "max_seats": MAX_SEATS,
        "map": _draw(offer.event, form.chosen) if offer.has_map else None,
        "till": open_till_of(clerk(request), offer.event.currency),
    }
    return render(request, "payments/counter/choose.html", context, status=status)


def _draw(event: Event, chosen: list[str]) -> SeatMap:
    """Return the map that customers see, but what the house holds back is marked, and can be chosen."""
    kept = event.seats.drawn().filter(booking=None, state=SeatState.HELD_BACK)
    whom = dict(kept.values_list("label", "held_back_for"))
    drawn = draw_map(event, chosen=chosen)
    if not whom:
        return drawn

    def mark(seat: DrawnSeat) -> DrawnSeat:
        if seat.label not in whom:
            return seat
        words = f"{seat.label}, held back{f' for {whom[seat.label]}' if whom[seat.label] else ''}"
        is_chosen = seat.label in chosen
        return seat._replace(state="free", words=words, is_offered=not is_chosen, is_chosen=is_chosen)

    return replace(drawn, areas=[_with_each(area, mark) for area in drawn.areas])


def _with_each(area: DrawnArea, mark: Callable[[DrawnSeat], DrawnSeat]) -> DrawnArea:
    """Return ``area`` with each of its seats as ``mark`` returns it."""
    return replace(area, rows=[replace(row, seats=list(map(mark, row.seats))) for row in area.rows])
