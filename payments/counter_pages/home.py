"""Where a shift begins: the events that are sold, and the till."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from payments.counter_pages.access import SELL, VOID, clerk, counter_page, events_of, sales_of
from payments.counter_pages.forms.tills import OpenTillForm
from payments.models import Till

NEWEST = 8  # sales


@counter_page(SELL, VOID)
def home(request: HttpRequest) -> HttpResponse:
    return render_home(request)


def render_home(request: HttpRequest, form: OpenTillForm | None = None, *, status: int = 200) -> HttpResponse:
    """Render the page, with ``form`` as it was sent if no till could be opened."""
    today = timezone.localdate()
    tills = Till.objects.filter(person=clerk(request), closed_at=None)
    context = {
        "events": events_of(request),
        "today": today,
        "tills": tills,
        "form": form or OpenTillForm(currencies=currencies_of(request)),
        "sales": sales_of(request).filter(seller=clerk(request), sold_at__date=today)[:NEWEST],
    }
    return render(request, "payments/counter/home.html", context, status=status)


def currencies_of(request: HttpRequest) -> list[str]:
    """Return what is sold in here, the commonest currency first."""
    events = events_of(request).order_by().values_list("currency", flat=True)
    found = list(events)
    return sorted(set(found), key=lambda currency: (-found.count(currency), currency)) or ["eur"]
