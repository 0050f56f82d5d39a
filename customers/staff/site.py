import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from customers.staff import security, sign_in

LONGEST_SEARCH = 200  # characters; each word of it is looked for in every way in which it can be meant


class StaffSite(AdminSite):
    """Django's admin, with sign-in in two steps and a page for each member of staff about their own."""

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return sign_in.enter_password(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_search_briefly(view), cacheable)

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

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **options: Any) -> Any:
        for name in ("q", "term"):
            if len(typed := request.GET.get(name, "")) > LONGEST_SEARCH:
                asked = request.GET.copy()
                asked[name] = typed[:LONGEST_SEARCH]
                request.GET = asked  # type: ignore[assignment]
        return view(request, *args, **options)

    return inner
