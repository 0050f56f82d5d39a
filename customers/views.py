import contextlib
import logging
from http.cookies import CookieError

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from customers import mails
from customers.accounts import NotYours, change_address, open_account
from customers.claims import claim_bookings, signed_in
from customers.codes import NoCode, mail_code
from customers.forms import EmailForm
from customers.models import MailedCode

logger = logging.getLogger(__name__)

PENDING = "mailed_code"  # in the session: the code that this browser has asked for, and where it wants to go
form_view = require_http_methods(["GET", "HEAD", "POST"])


@form_view
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request)
    if signed_in(request):
        return redirect(wanted)
    return _ask_for_email(request, "account/sign_in.html", wanted=wanted)


@form_view
@never_cache
def change_email(request: HttpRequest) -> HttpResponse:
    """Ask for the account's new address. Staff have none: theirs are in the admin."""
    customer = signed_in(request)
    if customer is None:
        return redirect(f"{resolve_url('account_login')}?next={request.path}")
    if customer.is_staff or customer.is_superuser:
        raise Http404
    return _ask_for_email(request, "account/email.html", wanted=request.path, customer=customer)


def _ask_for_email(
    request: HttpRequest, template: str, *, wanted: str, customer: User | None = None
) -> HttpResponse:
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "next": wanted}
    if not form.is_valid():
        return render(request, template, context, status=400 if form.is_bound else 200)
    try:
        _mail(request, form.cleaned_data["email"], wanted=wanted, customer=customer)
    except NoCode as refusal:
        form.add_error("email", refusal.words)
        return _refuse(request, template, context, refusal)
    return redirect("account_code")


def _mail(request: HttpRequest, email: str, *, wanted: str, customer: User | None) -> None:
    """Mail a code, which only this browser can use; raise ``NoCode`` if that isn't possible."""
    code = mail_code(email, address=request.META["REMOTE_ADDR"], customer=customer)
    request.session[PENDING] = {"code": code.pk, "next": wanted}


def _refuse(request: HttpRequest, template: str, context: dict, refusal: NoCode) -> HttpResponse:
    response = render(request, template, context, status=refusal.status)
    response.headers["Retry-After"] = str(refusal.wait)
    return response


@sensitive_post_parameters("code")
@form_view
@never_cache
def enter_code(request: HttpRequest) -> HttpResponse:
    code = _pending(request)
    if code is None:
        return redirect("account_login")
    if request.method != "POST":
        return _code_page(request, code)
    if "again" in request.POST:
        return _mail_again(request, code)
    if not code.is_proved_by(request.POST.get("code", "")):
        code.refresh_from_db()
        return _code_page(request, code, is_wrong=True, status=400)
    wanted = request.session.pop(PENDING)["next"]
    if code.customer:
        return _change(request, code.customer, code.email)
    return _enter(request, code.email, wanted)


def _pending(request: HttpRequest) -> MailedCode | None:
    """Return the code that this browser was mailed, if it is for whoever uses the browser now."""
    pending = request.session.get(PENDING, {})
    code = MailedCode.objects.filter(pk=pending.get("code")).select_related("customer").first()
    return code if code and code.customer == signed_in(request) else None


def _code_page(
    request: HttpRequest, code: MailedCode, *, status: int = 200, is_wrong: bool = False, problem: str = ""
) -> HttpResponse:
    context = {"code": code, "is_wrong": is_wrong, "problem": problem}
    return render(request, "account/code.html", context, status=status)


def _mail_again(request: HttpRequest, code: MailedCode) -> HttpResponse:
    wanted = request.session[PENDING]["next"]
    try:
        _mail(request, code.email, wanted=wanted, customer=code.customer)
    except NoCode as refusal:
        response = _code_page(request, code, problem=refusal.words, status=refusal.status)
        response.headers["Retry-After"] = str(refusal.wait)
        return response
    messages.success(request, _("A new code is on its way. Only the newest one counts."))
    return redirect("account_code")


def _enter(request: HttpRequest, email: str, wanted: str) -> HttpResponse:
    """Sign in to the account of ``email``, a new one if there is none, with all that was booked for it."""
    account = open_account(email)
    if account is None:  # It became one of the staff's since the code was mailed, or was closed.
        messages.error(request, _("There is no signing in by code with this address."))
        return redirect("account_login")
    _tell_of(request, claim_bookings(account))
    account.backend = "customers.backends.MailedCodeBackend"
    return perform_login(request, account, redirect_url=wanted, email=email)


def _change(request: HttpRequest, customer: User, email: str) -> HttpResponse:
    old = customer.email
    try:
        claimed = change_address(customer, email)
    except NotYours:
        words = _("This address has an account of its own. Sign out, and sign in with it.")
        messages.error(request, words)
        return redirect("account_email")
    update_session_auth_hash(request, customer)  # This browser stays signed in.
    messages.success(request, _("From now on you sign in with your new address."))
    _tell_of(request, claimed)
    if old and old != email:
        try:
            mails.send_now(mails.write_change(old, email))
        except mails.MailUnavailable:
            logger.error("the old address of account %s wasn’t told that it was changed", customer.pk)
    return redirect("account_email")


def _tell_of(request: HttpRequest, claimed: int) -> None:
    if claimed:
        words = ngettext(
            "A booking with this address is now in your account.",
            "%(number)d bookings with this address are now in your account.",
            claimed,
        )
        messages.success(request, words % {"number": claimed})


@form_view
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, and then forget whoever was here: the session, and every cookie but the language."""
    if request.method == "POST":
        logout(request)
        response = redirect("account_signed_out")
        for name in request.COOKIES.keys() - {settings.LANGUAGE_COOKIE_NAME}:
            with contextlib.suppress(CookieError):  # Other programs of this host have names such as cart[1].
                response.delete_cookie(name)
        return response
    return render(request, "account/sign_out.html") if signed_in(request) else redirect("account_signed_out")


@require_safe
@never_cache
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say so, which also tells the other tabs; not to somebody who is signed in."""
    return redirect("account_logout") if signed_in(request) else render(request, "account/signed_out.html")


def _wanted(request: HttpRequest) -> str:
    """Return where whoever signs in wants to go: the bookings, unless a page of this host was named."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)
