import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from itertools import chain
from typing import Any

from django.contrib.admin import AdminSite
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from customers.staff import security, sign_in

LONGEST_SEARCH = 200  # characters; each word of it is looked for in every way in which it can be meant
ROW = re.compile("[0-9]{1,18}")


class StaffSite(AdminSite):
    """Django's admin, with sign-in in two steps and a page for each member of staff about their own."""

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return sign_in.enter_password(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        return super().admin_view(_readable(_search_briefly(view)), cacheable)

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> Any:
        response = super().password_change(request, extra_context)
        if response.status_code == HTTPStatus.FOUND:
            security.note_new_password(request, security.signed_in(request))
        return response

    def get_urls(self) -> list[URLPattern | URLResolver]:
        view = self.admin_view
        return [
            path("login/second-factor/", sign_in.enter_second_factor, name="second_factor"),
            path("login/set-up/", sign_in.set_up, name="set_up"),
            path("security/", view(never_cache(security.overview)), name="security"),
            path("security/add/", view(never_cache(security.add)), name="security_add"),
            path("security/codes/", view(never_cache(security.renew_codes)), name="security_codes"),
            path("security/remove/", view(never_cache(security.remove)), name="security_remove"),
            path("security/end/", view(never_cache(security.end_everywhere)), name="security_end"),
            *super().get_urls(),
        ]


def _search_briefly(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``view`` see only the beginning of what is looked for, in lists (q) and in choices (term)."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **options: Any) -> Any:
        for name in ("q", "term"):
            if len(typed := request.GET.get(name, "")) > LONGEST_SEARCH:
                asked = request.GET.copy()
                asked[name] = typed[:LONGEST_SEARCH]
                request.GET = asked  # type: ignore[assignment]
        return view(request, *args, **options)

    return inner


def _readable(view: Callable[..., Any]) -> Callable[..., Any]:
    """
    Lead from an address that asks for what no column can hold to the same page without its query, or to 404.

    That is a NUL, which PostgreSQL has no text with, or a filter by a value that its type doesn't know. Rows
    are selected by their numbers.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        selected = request.POST.getlist("_selected_action")
        if request.method == "POST" and ("\0" in _said(request) or not all(map(ROW.fullmatch, selected))):
            raise Http404
        try:
            response = view(request, *args, **kwargs)
            # Now, as lists are read while their template is rendered.
            return response.render() if isinstance(response, SimpleTemplateResponse) else response
        except DataError:
            if request.method not in ("GET", "HEAD"):
                raise
            if not request.GET:
                raise Http404 from None
            return redirect(request.path)

    return answer


def _said(request: HttpRequest) -> str:
    """Return all that a form says, and the address that it is sent to."""
    lists = [values for said in (request.GET, request.POST) for _name, values in said.lists()]
    return "".join([request.path, *map(str, chain.from_iterable(lists))])
