from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from legal.markup import render as render_markup
from legal.models import House, Kind, LegalText


@require_safe
@never_cache
def page(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the current version of a text, or say that there is none so far."""
    return _show(request, kind, LegalText.objects.current(kind))


@require_safe
@never_cache
def version(request: HttpRequest, kind: str, version: int) -> HttpResponse:
    """Show one version of a text: those that aren't current any more stay where they are."""
    return _show(request, kind, get_object_or_404(LegalText, kind=kind, version=version))


def _show(request: HttpRequest, kind: str, text: LegalText | None) -> HttpResponse:
    versions = list(LegalText.objects.filter(kind=kind).defer("texts"))
    context = {
        "kind": Kind(kind),
        "text": text,
        "content": render_markup(text.text) if text else "",
        "versions": versions if len(versions) > 1 else [],
        "is_current": bool(text and text.pk == versions[0].pk),
        "house": House.current() if kind == Kind.IMPRINT else None,
    }
    return render(request, "legal/page.html", context)
