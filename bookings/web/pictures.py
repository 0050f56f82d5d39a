"""The pictures that link previews and search engines show of events and productions."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from bookings.documents.posters import Poster, poster_of, poster_of_production
from bookings.events.addresses import find_event
from bookings.models import Event, Production
from bookings.web.search_engines import allow_finding
from config.i18n.languages import override_language

CACHED = 3600  # s; a picture that says something else has another address


@require_safe
def event_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the picture of a public event. An address that it had before leads to the one that it has."""
    event = find_event(slug, Event.objects.public)
    if event is None:
        raise Http404
    if event.slug != slug:
        address = reverse("bookings:event-picture", args=[event.slug], query=request.GET)
        return HttpResponsePermanentRedirect(address)
    with override_language(request.GET.get("language", "")):
        response = _picture(request, poster_of(event))
    return allow_finding(response) if event.is_listed else response


@require_safe
def production_picture(request: HttpRequest, slug: str) -> HttpResponse:
    production = get_object_or_404(Production, slug=slug)
    listed = production.events.listed()
    if not listed.exists():
        raise Http404
    with override_language(request.GET.get("language", "")):
        poster = poster_of_production(production, listed.upcoming(timezone.now()))
        return allow_finding(_picture(request, poster))


def _picture(request: HttpRequest, poster: Poster) -> HttpResponse:
    tag = f'"{poster.tag}"'
    response = get_conditional_response(request, etag=tag) or HttpResponse(_draw(poster), "image/png")
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = f"public, max-age={CACHED}"
    response.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # Previews are on others' pages.
    return response


def _draw(poster: Poster) -> bytes:
    # Pillow, HarfBuzz and the fonts take much memory; most processes never draw.
    from bookings.documents.poster_drawing import draw_poster

    return draw_poster(poster)
