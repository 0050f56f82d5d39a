"""What is on, and all dates of a production."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.models import Event, Production
from bookings.programme.cards import readable
from bookings.programme.listing import cards_of, find_programme
from bookings.programme.search import Search
from bookings.web import search_engines


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show what is on. Search engines may list its pages, but not each search in it."""
    programme = find_programme(request.GET.dict(), timezone.now())
    address = settings.SITE_URL + reverse("bookings:home") + Search().address(programme.page.number)
    response = render(request, "bookings/home.html", {"programme": programme, "canonical": address})
    return search_engines.allow_finding(response) if programme.search.is_empty else response


@require_safe
@never_cache
def production_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is given on several dates, with what is left of each date that is still to come."""
    production = get_object_or_404(Production.objects.select_related("picture"), slug=slug)
    listed = Event.objects.listed().filter(production=production)
    if not listed.exists():
        raise Http404
    now = timezone.now()
    events = list(readable(listed.upcoming(now)))
    found = search_engines.describe_production(production, events)
    context = {"production": production, "cards": cards_of(events, now), "found": found}
    return search_engines.allow_finding(render(request, "bookings/production.html", context))
