"""Views for adding a ticket to a wallet. Who knows the ticket's code may, as with its page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.models import Ticket
from bookings.wallet import google
from bookings.wallet.offering import wallets_for


@require_safe
@never_cache
def apple_pass(request: HttpRequest, code: str) -> HttpResponse:
    """Return the pass; the ticket's page says why there is none for a ticket that isn't valid."""
    if not settings.APPLE_WALLET:
        raise Http404
    ticket = _ticket(code)
    if not (wallet := wallets_for(ticket).apple):
        return redirect(ticket)
    from bookings.wallet import apple  # Only where it is needed: it loads Pillow and cryptography.

    response = HttpResponse(apple.write_pass(ticket, wallet), apple.CONTENT_TYPE)
    name = f"{ticket.event.slug}-{ticket.seat.label}.pkpass"
    response.headers["Content-Disposition"] = str(content_disposition_header(True, name))
    return response


@require_safe
@never_cache
def google_wallet(request: HttpRequest, code: str) -> HttpResponse:
    """Redirect to Google's page that adds the ticket; the link there holds it, so it is made only now."""
    if not settings.GOOGLE_WALLET:
        raise Http404
    ticket = _ticket(code)
    wallet = wallets_for(ticket).google
    return redirect(google.save_url(ticket, wallet) if wallet else ticket)


def _ticket(code: str) -> Ticket:
    tickets = Ticket.objects.with_kinds().select_related("seat__event", "seat__area", "booking")
    return get_object_or_404(tickets, code=code)
