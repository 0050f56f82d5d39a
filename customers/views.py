import contextlib
import logging
from http.cookies import CookieError

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bookings.mail.at_once import MailUnavailable, send_now
from bookings.mail.outgoing import Refused
from customers import emails
from customers.accounts import AddressUnavailable, address_of, change_address, open_account
from customers.claims import claim_bookings, signed_in_user
from customers.codes import NoCode, mail_code
from customers.devices import cookie_name, remember_device
from customers.forms import EmailForm, next_page
from customers.models import Factor, MailedCode, Purpose, Step
from customers.sessions import end_sessions, open_session, record
from customers.visitors import remember_confirmed

logger = logging.getLogger(__name__)

# Session key: the id of the code that was sent, the page to go to after it, and an account's new address.
PENDING_CODE = "mailed_code"
form_view = require_http_methods(["GET", "HEAD", "POST"])


@form_view
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    next_url = next_page(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    if signed_in_user(request):
        return redirect(next_url)
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "next": next_url}
    if not form.is_valid():
        return render(request, "account/sign_in.html", context, status=400 if form.is_bound else 200)
    try:
        code = mail_code(request, form.cleaned_data["email"])
    except NoCode as refusal:
        form.add_error("email", refusal.message)
        return _refuse(request, "account/sign_in.html", context, refusal)
    request.session[PENDING_CODE] = {"code": code.pk, "next": next_url}
    return redirect("account_code")


@form_view
@never_cache
def change_email(request: HttpRequest) -> HttpResponse:
    """
    Ask for the account's new address. Not for staff, whose addresses are in the admin.

    First a code goes to the old mailbox, then one to the new: an open session alone must not be enough to
    take an account over.
    """
    customer = signed_in_user(request)
    if customer is None:
        return redirect(f"{resolve_url('account_login')}?next={request.path}")
    if customer.is_staff or customer.is_superuser:
        raise Http404
    form, old = EmailForm(request.POST if request.method == "POST" else None), address_of(customer)
    if form.is_valid() and form.cleaned_data["email"] == old:
        form.add_error("email", _("You already sign in with this email."))
    if not form.is_valid():
        return render(request, "account/email.html", {"form": form}, status=400 if form.is_bound else 200)
    try:
        code = mail_code(request, old, Purpose.OLD_ADDRESS, customer)
    except NoCode as refusal:
        form.add_error("email", refusal.message)
        return _refuse(request, "account/email.html", {"form": form}, refusal)
    request.session[PENDING_CODE] = {
        "code": code.pk,
        "next": request.path,
        "new_email": form.cleaned_data["email"],
    }
    return redirect("account_code")


@form_view
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """Have a customer show that an address is theirs, in this browser, for an API client that was told so."""
    next_url = next_page(request, "/")
    form = EmailForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "next": next_url}
    if not form.is_valid():
        return render(request, "account/confirm.html", context, status=400 if form.is_bound else 200)
    try:
        return ask_to_confirm(request, form.cleaned_data["email"], next_url)
    except NoCode as refusal:
        form.add_error("email", refusal.message)
        return _refuse(request, "account/confirm.html", context, refusal)


def ask_to_confirm(request: HttpRequest, email: str, next_url: str) -> HttpResponse:
    """
    Email a code to ``email`` and redirect to where it is typed in; after that, to ``next_url``.

    Then ``visitors.has_confirmed`` is true in this browser. Raise ``NoCode``.
    """
    code = mail_code(request, email.lower(), Purpose.BOOKING, signed_in_user(request))
    request.session[PENDING_CODE] = {"code": code.pk, "next": next_url}
    return redirect("account_code")


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
    if code.purpose == Purpose.OLD_ADDRESS:
        return _ask_new_mailbox(request, code)
    if code.purpose == Purpose.BOOKING:
        response = redirect(request.session.pop(PENDING_CODE)["next"])
        remember_confirmed(request, response, code.email)
        return response
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
    next_url = request.session.get(PENDING_CODE, {}).get("next", "")
    context = {"code": code, "is_wrong": is_wrong, "problem": problem, "next": next_url}
    return render(request, "account/code.html", context, status=status)


def _mail_again(request: HttpRequest, code: MailedCode) -> HttpResponse:
    try:
        _mail_next(request, code.email, Purpose(code.purpose), code.customer)
    except NoCode as refusal:
        response = _code_page(request, code, problem=refusal.message, status=refusal.status)
        response.headers["Retry-After"] = str(refusal.wait)
        return response
    messages.success(request, _("We’ve emailed a new code. Only the latest one works."))
    return redirect("account_code")


def _mail_next(request: HttpRequest, email: str, purpose: Purpose, customer: User | None) -> None:
    """Email another code, which this browser has to enter instead of the last one."""
    code = mail_code(request, email, purpose, customer)
    request.session[PENDING_CODE] = {**request.session[PENDING_CODE], "code": code.pk}


def _ask_new_mailbox(request: HttpRequest, code: MailedCode) -> HttpResponse:
    """Email a code to the new address; the owner of the old one has agreed."""
    try:
        _mail_next(request, request.session[PENDING_CODE]["new_email"], Purpose.NEW_ADDRESS, code.customer)
    except NoCode as refusal:
        messages.error(request, refusal.message)
        return redirect("account_email")
    return redirect("account_code")


def _finish_sign_in(request: HttpRequest, email: str, next_url: str) -> HttpResponse:
    """Sign in to the account of ``email``, creating it if needed, and put its guest bookings into it."""
    account = open_account(email)
    if account is None:  # The account became staff's or was closed since the code was sent.
        messages.error(request, _("You can’t sign in by code with this email."))
        return redirect("account_login")
    _report_claimed(request, claim_bookings(account))
    record(request, Step.SIGNED_IN, account, Factor.EMAILED)
    open_session(request, account, Factor.EMAILED)
    messages.success(request, _("You’re signed in."))
    response = redirect(next_url)
    remember_device(request, response, account)
    return response


def _finish_email_change(request: HttpRequest, customer: User, email: str) -> HttpResponse:
    old = address_of(customer)
    try:
        claimed = change_address(customer, email)
    except AddressUnavailable:
        words = _("This email already has an account. Sign out, then sign in with it.")
        messages.error(request, words)
        return redirect("account_email")
    update_session_auth_hash(request, customer)  # This browser stays signed in.
    record(request, Step.ADDRESS, customer, Factor.EMAILED)
    messages.success(request, _("Done. From now on, sign in with your new email."))
    _report_claimed(request, claimed)
    if old and old != email:
        try:
            send_now(emails.write_change(old, email))
        except (MailUnavailable, Refused):
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
    """
    Ask for confirmation, then end the session, or all of the account's, and delete nearly all cookies.

    The language stays, and the random value by which limits know the browser, which opens nothing.
    """
    user = signed_in_user(request)
    if request.method == "POST":
        if user and "everywhere" in request.POST:
            end_sessions(user)
            record(request, Step.ENDED, user)
        logout(request)
        response = redirect("account_signed_out")
        for name in request.COOKIES.keys() - {settings.LANGUAGE_COOKIE_NAME, cookie_name()}:
            with contextlib.suppress(CookieError):  # Other software on this host may use names like cart[1].
                response.delete_cookie(name)
        return response
    if user is None:
        return redirect("account_signed_out")
    return render(request, "account/sign_out.html")


@require_safe
@never_cache
def signed_out(request: HttpRequest) -> HttpResponse:
    """Confirm that the user has signed out; the page's script signs out the other tabs."""
    if signed_in_user(request):
        return redirect("account_logout")
    return render(request, "account/signed_out.html")
