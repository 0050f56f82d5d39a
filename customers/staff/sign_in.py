"""
Signing in to the admin: the password, then the second factor, and only then a session.

Between the two, the session only remembers whose password was right. So there is no half-opened session that
some page could take for a whole one.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from customers.devices import remember_device
from customers.forms import next_page
from customers.limits import LimitReached
from customers.models import Factor, SignInEvent, Step
from customers.sessions import needs_second_factor, open_session, record
from customers.staff import factors, notices
from customers.staff.attempts import begin
from customers.staff.enrolment import accept, allow_passkeys, as_json, offer, posted_credential
from customers.staff.passwords import Busy, check_password

PENDING = "staff_sign_in"  # session key: whose password was right, when, and the page to go to
PENDING_FOR = timedelta(minutes=10)
APP_CODE_LENGTH = 6
form_view = require_http_methods(["GET", "HEAD", "POST"])


class PasswordForm(forms.Form):
    username = forms.CharField(
        max_length=150, widget=forms.TextInput({"autofocus": True, "autocomplete": "username"})
    )
    password = forms.CharField(
        max_length=500, strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )


@sensitive_post_parameters("password")
@form_view
@never_cache
def enter_password(request: HttpRequest) -> HttpResponse:
    next_url = next_page(request, reverse("admin:index"))
    if request.method != "POST":
        if admin.site.has_permission(request) and "again" not in request.GET:
            return redirect(next_url)
        return _page(request, "password", form=PasswordForm(), next=next_url)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, "password", form=form, next=next_url, status=400)
    try:
        attempt, user = check_password(request, form.cleaned_data["username"], form.cleaned_data["password"])
    except LimitReached as limit:
        return _refuse(request, "password", limit.wait, _too_many(limit), form=form, next=next_url)
    except Busy:
        words = "Too many people are signing in right now. Try again in a few seconds."
        return _refuse(request, "password", 3, words, status=503, form=form, next=next_url)
    if user is None:
        words = "That username and password don’t match. Both are case-sensitive."
        return _page(request, "password", form=form, next=next_url, problem=words, status=400)
    return _go_on(request, attempt, user, next_url)


def _go_on(request: HttpRequest, attempt: SignInEvent, user: User, next_url: str) -> HttpResponse:
    """Lead ``user``, whose password was right, to the second factor, or into the admin if none is needed."""
    has_factor = factors.factors_of(user).exists()
    if not has_factor and not needs_second_factor():
        attempt.end(Step.SIGNED_IN, user)
        return _finish(request, user, Factor.PASSWORD, redirect(next_url))
    attempt.end(Step.PASSED, user)
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "at": timezone.now().timestamp(),
        "hash": user.get_session_auth_hash(),
        "next": next_url,
    }
    return redirect("admin:second_factor" if has_factor else "admin:set_up")


def _pending(request: HttpRequest) -> tuple[User | None, str]:
    """Return whose password was right within the last minutes, and the page to go to."""
    pending = request.session.get(PENDING, {})
    if timezone.now().timestamp() - pending.get("at", 0) >= PENDING_FOR.total_seconds():
        return None, ""
    user = User.objects.filter(pk=pending["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(pending["hash"], user.get_session_auth_hash()):
        return None, ""  # The password was changed meanwhile, or the account closed.
    return user, pending["next"]


@sensitive_post_parameters("code", "credential")
@form_view
@never_cache
def enter_second_factor(request: HttpRequest) -> HttpResponse:
    user, next_url = _pending(request)
    if user is None or not factors.factors_of(user).exists():
        return redirect("admin:login")
    if request.method != "POST":
        return _second_factor_page(request, user)
    try:
        factor = _check_factor(request, user)
    except LimitReached as limit:
        return _second_factor_page(request, user, wait=limit.wait, problem=_too_many(limit), status=429)
    if factor is None:
        words = "That code is wrong or was already used. Wait for the next one or use another way."
        return _second_factor_page(request, user, problem=words, status=400)
    if factor == Factor.RECOVERY:
        notices.notify(user, notices.CODE_USED)
        left = factors.recovery_codes_left(user)
        messages.warning(request, f"You used a recovery code. You have {left} left; make new ones in time.")
        next_url = reverse("admin:security")
    return _finish(request, user, factor, redirect(next_url))


def _check_factor(request: HttpRequest, user: User) -> Factor | None:
    """Record the factor that was posted, and return which it is if it is right; raise ``LimitReached``."""
    if "credential" in request.POST:  # Nobody can guess one, so these need no limit.
        is_right = factors.check_passkey(user, posted_credential(request))
        record(request, Step.SIGNED_IN if is_right else Step.WRONG, user, Factor.PASSKEY)
        return Factor.PASSKEY if is_right else None
    typed = "".join(filter(str.isalnum, request.POST.get("code", "")[:50]))
    factor, redeem = Factor.RECOVERY, factors.redeem_recovery_code
    if len(typed) == APP_CODE_LENGTH:
        factor, redeem = Factor.APP, factors.redeem_app_code
    attempt = begin(request, user.get_username(), factor)
    is_right = redeem(user, typed)
    attempt.end(Step.SIGNED_IN if is_right else Step.WRONG, user)
    return factor if is_right else None


def _second_factor_page(request: HttpRequest, user: User, *, wait: int = 0, **more: Any) -> HttpResponse:
    options = ""
    if factors.has_passkey(user) and factors.can_use_passkeys():
        options = as_json(factors.challenge_passkey(user))
    has_app = factors.factors_of(user).filter(type=factors.APP).exists()
    response = _page(request, "second_factor", passkey_options=options, has_app=has_app, **more)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return allow_passkeys(response)


@sensitive_post_parameters("code", "credential")
@form_view
@never_cache
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up the first second factor, which opens the session. Who has one already must use it instead."""
    user, next_url = _pending(request)
    if user is None or factors.factors_of(user).exists():
        return redirect("admin:login")
    problem = ""
    if request.method == "POST":
        if factor := accept(request, user):
            record(request, Step.ADDED, user, factor)
            record(request, Step.SIGNED_IN, user, factor)
            notices.notify(user, notices.APP_ADDED if factor == Factor.APP else notices.PASSKEY_ADDED)
            codes = factors.renew_recovery_codes(user)
            return _finish(request, user, factor, _page(request, "codes", codes=codes, next=next_url))
        problem = "That didn’t work. Check the code in your app, and try again."
    status = 400 if problem else 200
    return allow_passkeys(
        _page(request, "set_up", is_first=True, problem=problem, status=status, **offer(request, user))
    )


def _finish(request: HttpRequest, user: User, factor: Factor, response: HttpResponse) -> HttpResponse:
    request.session.pop(PENDING, None)
    open_session(request, user, factor)
    remember_device(request, response, user)
    return response


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Sign in", **context}
    return render(request, f"admin/sign_in/{name}.html", context, status=status)


def _refuse(
    request: HttpRequest, name: str, wait: int, problem: str, *, status: int = 429, **context: Any
) -> HttpResponse:
    response = _page(request, name, problem=problem, status=status, **context)
    response.headers["Retry-After"] = str(wait)
    return response


def _too_many(limit: LimitReached) -> str:
    minutes = "a minute" if limit.minutes == 1 else f"{limit.minutes} minutes"
    return f"Too many tries. Try again in {minutes}, or in a browser you’ve signed in with before."
