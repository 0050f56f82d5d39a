"""The pages of a till: opened with what is in it, and closed once it is counted."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from bookings.money import format_money
from bookings.staff.access import is_limited
from payments.counter.selling import TillClosed
from payments.counter.tills import DifferenceUnexplained, StillSelling, close_till, open_till, takings_of
from payments.counter_pages.access import SELL, VOID, clerk, counter_page
from payments.counter_pages.forms.tills import CloseTillForm, OpenTillForm
from payments.counter_pages.home import currencies_of, render_home
from payments.models import Till


@counter_page(SELL, VOID, methods="POST")
def begin(request: HttpRequest) -> HttpResponse:
    """Open a till; one that is open already stays as it is."""
    form = OpenTillForm(request.POST, currencies=currencies_of(request))
    if not form.is_valid():
        return render_home(request, form, status=400)
    open_till(clerk(request), form.cleaned_data["currency"], amount=form.cleaned_data["amount"])
    return redirect("counter:home")


@counter_page(SELL, VOID, methods="GET HEAD")
def till_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what went through a till, on one page that can be printed."""
    till = get_object_or_404(Till.objects.select_related("person"), pk=pk)
    may_see = request.user.has_perm("payments.view_till") and not is_limited(request.user)
    if till.person != clerk(request) and not may_see:
        raise Http404
    form = CloseTillForm(currency=till.currency) if till.is_open and till.person == clerk(request) else None
    return _render(request, till, form)


@counter_page(SELL, VOID, methods="POST")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    till = get_object_or_404(Till, pk=pk, person=clerk(request))
    form = CloseTillForm(request.POST, currency=till.currency)
    if not form.is_valid():
        return _render(request, till, form, status=400)
    cleaned = form.cleaned_data
    try:
        close_till(till, counted=cleaned["sum"], note=cleaned["note"], signature=cleaned["signature"])
    except TillClosed:
        return redirect("counter:till", till.pk)
    except StillSelling:
        form.add_error(None, "You still have places on hold. Sell or release them first.")
    except DifferenceUnexplained as problem:
        amount = format_money(abs(problem.difference), till.currency)
        words = f"{amount} over." if problem.difference > 0 else f"{amount} missing."
        form.add_error("note", f"{words} Count again, or enter a reason.")
    else:
        messages.success(request, "Till closed.")
        return redirect("counter:till", till.pk)
    return _render(request, till, form, status=409)


def _render(
    request: HttpRequest, till: Till, form: CloseTillForm | None, *, status: int = 200
) -> HttpResponse:
    context = {"till": till, "takings": takings_of(till), "form": form}
    return render(request, "payments/counter/till.html", context, status=status)
