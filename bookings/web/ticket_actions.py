"""Views for customers' actions on their tickets: email them again, and change the name on one."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.messages import explain_new_name
from bookings.models import Booking, Ticket
from bookings.tickets import resending
from bookings.tickets.renaming import NotRenamable, rename, why_not_renamable
from bookings.validators import clean_name
from bookings.web.pages import render_booking

DAY = 24 * 60 * 60  # s


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def resend(request: HttpRequest, reference: str) -> HttpResponse:
    booking = get_object_or_404(Booking.objects.select_related("event"), reference=reference)
    if request.method != "POST":
        return redirect(booking)
    try:
        resending.resend(booking, after=request.GET.get("after", ""))
    except resending.NoTickets:
        words = _("This booking has no valid tickets, so there’s nothing to send.")
        return render_booking(request, booking, problem=words, status=409)
    except resending.TooOften:
        words = _(
            "We’ve emailed the tickets several times today. Please check your spam folder, and try again "
            "tomorrow. You can always open them here."
        )
        response = render_booking(request, booking, problem=words, status=429)
        response.headers["Retry-After"] = str(DAY)
        return response
    messages.success(request, _("We’re emailing your tickets again."))
    return redirect(booking)


class NameForm(forms.Form):
    """The new name on a ticket."""

    name = forms.CharField(max_length=200)

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def name(request: HttpRequest, code: str, reference: str = "") -> HttpResponse:
    """
    Show the form for a new name, and replace the ticket when it is submitted.

    With the secret ``reference`` of its booking, it leads back there. Whoever has only the ticket sees that
    it stopped working, and neither its booking nor the new one: only the email has its link.
    """
    ticket = _ticket(code)
    if reference and ticket.booking.reference != reference:
        raise Http404
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": ticket.holder})
    if request.method == "POST" and form.is_valid():
        try:
            renamed = rename(ticket, form.cleaned_data["name"])
        except NotRenamable as refusal:
            form.add_error(None, str(refusal))
            ticket = _ticket(code)
        else:
            if not reference:
                return redirect(ticket)  # It says itself that it was replaced.
            messages.success(request, explain_new_name(renamed))
            return redirect(ticket.booking)
    context = {
        "ticket": ticket,
        "form": form,
        "why_not": why_not_renamable(ticket),
        "back": ticket.booking if reference else ticket,
    }
    status = 409 if form.non_field_errors() else 400 if form.errors else 200
    return render(request, "bookings/name.html", context, status=status)


def _ticket(code: str) -> Ticket:
    return get_object_or_404(Ticket.objects.select_related("seat__event", "booking"), code=code)
