"""Where the buyer states an address for the receipt; the booking's secret address is the key."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from bookings.models import Booking
from bookings.web.pages import render_booking
from payments.web.pages import retry_after
from payments.web.throttles import ActionThrottle
from receipts.addresses import NotStated, state_address
from receipts.issuing import issuing_house


@require_POST
@never_cache
def state(request: HttpRequest, reference: str) -> HttpResponse:
    """Take the address, or that none is wanted, and show the booking again."""
    booking = get_object_or_404(Booking.objects.select_related("event"), reference=reference)
    if issuing_house() is None:
        raise Http404
    if not ActionThrottle().allows(request):
        words = _("That was very often. Please wait a minute.")
        return retry_after(render_booking(request, booking, problem=words, status=429), 60)
    wants_one = "none" not in request.POST
    typed = request.POST.get("address", "") if wants_one else ""
    if wants_one and not typed.strip():
        words = _("Please write an address, or choose the receipt without one.")
        return render_booking(request, booking, problem=words, status=400)
    try:
        state_address(booking, typed)
    except NotStated as error:
        return render_booking(request, booking, problem=str(error), status=400)
    return redirect(booking)
