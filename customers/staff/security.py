"""The page where each member of staff sees and changes how they sign in."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from customers.models import Factor, SignInEvent, Step
from customers.sessions import end_sessions, is_recent, needs_second_factor, record
from customers.staff import factors, notices
from customers.staff.enrolment import accept, allow_passkeys, offer

RECENT = timedelta(minutes=15)
SHOWN = 20  # sign-ins
View = Callable[[HttpRequest], HttpResponse]


def after_signing_in_again(view: View) -> View:
    """Ask who signed in a while ago to do so again: a browser left open must not be enough to stay in."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if is_recent(request, RECENT):
            return view(request)
        messages.info(request, "Sign in again to change how you sign in.")
        return redirect(
            f"{reverse('admin:login')}?{urlencode({'again': 1, 'next': reverse('admin:security')})}"
        )

    return checked


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    return _page(
        request,
        "overview",
        factors=list(factors.factors_of(user)),
        codes_left=factors.recovery_codes_left(user),
        is_required=needs_second_factor(),
        devices=user.known_devices.count(),
        events=SignInEvent.objects.filter(user=user).select_related("actor").order_by("-created_at")[:SHOWN],
    )


@after_signing_in_again
def add(request: HttpRequest) -> HttpResponse:
    """Add an app or a passkey. A new app takes the place of the old one."""
    user, problem = signed_in(request), ""
    if request.method == "POST":
        if factor := accept(request, user):
            record(request, Step.ADDED, user, factor)
            notices.notify(user, notices.APP_ADDED if factor == Factor.APP else notices.PASSKEY_ADDED)
            if not factors.recovery_codes_left(user):
                return _page(request, "codes", codes=factors.renew_recovery_codes(user))
            messages.success(request, "Done. You can sign in with it from now on.")
            return redirect("admin:security")
        problem = "That didn’t work. Check the code in your app, and try again."
    context = {"problem": problem, "has_app": factors.factors_of(user).filter(type=factors.APP).exists()}
    response = _page(request, "set_up", status=400 if problem else 200, **context, **offer(request, user))
    return allow_passkeys(response)


@require_POST
@after_signing_in_again
def renew_codes(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if not factors.factors_of(user).exists():
        return redirect("admin:security")
    codes = factors.renew_recovery_codes(user)
    record(request, Step.ADDED, user, Factor.RECOVERY)
    notices.notify(user, notices.CODES_RENEWED)
    return _page(request, "codes", codes=codes)


@require_POST
@after_signing_in_again
def remove(request: HttpRequest) -> HttpResponse:
    user, typed = signed_in(request), request.POST.get("factor", "")
    pk = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    kind = factors.remove_factor(user, pk, may_be_last=not needs_second_factor())
    if kind is None:
        messages.error(request, "That can’t be removed: add another way to sign in first.")
        return redirect("admin:security")
    record(request, Step.REMOVED, user, Factor.APP if kind == factors.APP else Factor.PASSKEY)
    notices.notify(user, notices.REMOVED)
    messages.success(request, "Removed.")
    return redirect("admin:security")


@require_POST
def end_everywhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of this account, this one too."""
    user = signed_in(request)
    end_sessions(user)
    record(request, Step.ENDED, user)
    logout(request)
    messages.success(request, "Signed out everywhere.")
    return redirect("admin:login")


def note_new_password(request: HttpRequest, user: User) -> None:
    """Record that the password of ``user`` was changed, by themselves or an administrator, and tell them."""
    actor = signed_in(request)
    record(request, Step.ADDED, user, Factor.PASSWORD, actor=None if actor == user else actor)
    notices.notify(user, notices.PASSWORD)


def signed_in(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # AdminSite.admin_view has seen to it.
    return user


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: object) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Your sign-in", **context}
    return render(request, f"admin/sign_in/{name}.html", context, status=status)
