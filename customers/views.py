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

from customers import emails
from customers.accounts import AddressUnavailable, change_address, open_account
from customers.claims import claim_bookings, signed_in_user
from customers.codes import NoCode, mail_code
from customers.forms import EmailForm
from customers.models import MailedCode

logger = logging.getLogger(__name__)

PENDING_CODE = "mailed_code"  # session key: the id of the code that was sent, and the page to go to after it
form_view = require_http_methods(["GET", "HEAD", "POST"])


@form_view
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    next_url = _next_url(request)
    if signed_in_user(request):
        return redirect(next_url)
    return _ask_for_email(request, "account/sign_in.html", next_url=next_url)


@form_view
@never_cache
def change_email(request: HttpRequest) -> HttpResponse:
    """Ask for the account's new address. Not for staff, whose addresses are in the admin."""
    customer = signed_in_user(request)
    if customer is None:
        return redirect(f"{resolve_url('account_login')}?next={request.path}")
    if customer.is_staff or customer.is_superuser:
        raise Http404
    return _ask_for_email(request, "account/email.html", next_url=request.path, customer=customer)


def _ask_for_email(
    request: HttpRequest, template: str, *, next_url: str, customer: User | None = None
) -> HttpResponse:
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "next": next_url}
    if not form.is_valid():
        return render(request, template, context, status=400 if form.is_bound else 200)
    try:
        _mail_code(request, form.cleaned_data["email"], next_url=next_url, customer=customer)
    except NoCode as refusal:
        form.add_error("email", refusal.message)
        return _refuse(request, template, context, refusal)
    return redirect("account_code")


def _mail_code(request: HttpRequest, email: str, *, next_url: str, customer: User | None) -> None:
    """Email a code that only this browser can use; raise ``NoCode`` if that isn't possible."""
    code = mail_code(email, address=request.META["REMOTE_ADDR"], customer=customer)
    request.session[PENDING_CODE] = {"code": code.pk, "next": next_url}


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
    if not code.redeem(request.POST.get("code", "")):
        code.refresh_from_db()
        return _code_page(request, code, is_wrong=True, status=400)
    next_url = request.session.pop(PENDING_CODE)["next"]
    if code.customer:
        return _finish_email_change(request, code.customer, code.email)
    return _finish_sign_in(request, code.email, next_url)


def _pending(request: HttpRequest) -> MailedCode | None:
    """Return the code that this browser has requested, unless another user is signed in since."""
    pending = request.session.get(PENDING_CODE, {})
    code = MailedCode.objects.filter(pk=pending.get("code")).select_related("customer").first()
    return code if code and code.customer == signed_in_user(request) else None


def _code_page(
    request: HttpRequest, code: MailedCode, *, status: int = 200, is_wrong: bool = False, problem: str = ""
) -> HttpResponse:
    context = {"code": code, "is_wrong": is_wrong, "problem": problem}
    return render(request, "account/code.html", context, status=status)


def _mail_again(request: HttpRequest, code: MailedCode) -> HttpResponse:
    next_url = request.session[PENDING_CODE]["next"]
    try:
        _mail_code(request, code.email, next_url=next_url, customer=code.customer)
    except NoCode as refusal:
        response = _code_page(request, code, problem=refusal.message, status=refusal.status)
        response.headers["Retry-After"] = str(refusal.wait)
        return response
    messages.success(request, _("A new code is on its way. Only the newest one counts."))
    return redirect("account_code")


def _finish_sign_in(request: HttpRequest, email: str, next_url: str) -> HttpResponse:
    """Sign in to the account of ``email``, creating it if needed, and put its guest bookings into it."""
    account = open_account(email)
    if account is None:  # The account became staff's or was closed since the code was sent.
        messages.error(request, _("There is no signing in by code with this address."))
        return redirect("account_login")
    _report_claimed(request, claim_bookings(account))
    account.backend = "customers.backends.MailedCodeBackend"
    return perform_login(request, account, redirect_url=next_url, email=email)


def _finish_email_change(request: HttpRequest, customer: User, email: str) -> HttpResponse:
    old = customer.email
    try:
        claimed = change_address(customer, email)
    except AddressUnavailable:
        words = _("This address has an account of its own. Sign out, and sign in with it.")
        messages.error(request, words)
        return redirect("account_email")
    update_session_auth_hash(request, customer)  # This browser stays signed in.
    messages.success(request, _("From now on you sign in with your new address."))
    _report_claimed(request, claimed)
    if old and old != email:
        try:
            emails.send_now(emails.write_change(old, email))
        except emails.MailUnavailable:
            logger.error("the old address of account %s wasn’t told that it was changed", customer.pk)
    return redirect("account_email")


def _report_claimed(request: HttpRequest, claimed: int) -> None:
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
    """Ask for confirmation, then end the session and delete all cookies except the language."""
    if request.method == "POST":
        logout(request)
        response = redirect("account_signed_out")
        for name in request.COOKIES.keys() - {settings.LANGUAGE_COOKIE_NAME}:
            with contextlib.suppress(CookieError):  # Other software on this host may use names like cart[1].
                response.delete_cookie(name)
        return response
    if signed_in_user(request) is None:
        return redirect("account_signed_out")
    return render(request, "account/sign_out.html")


@require_safe
@never_cache
def signed_out(request: HttpRequest) -> HttpResponse:
    """Confirm that the user has signed out; the page's script signs out the other tabs."""
    if signed_in_user(request):
        return redirect("account_logout")
    return render(request, "account/signed_out.html")


def _next_url(request: HttpRequest) -> str:
    """Return the page to go to after signing in: ``next`` if it is on this host, else the bookings."""
    next_url = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        next_url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return next_url if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)
