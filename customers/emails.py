"""Emails about accounts, sent during the request because the customer waits for them."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from bookings.addresses.normal_form import readable
from bookings.mail.outgoing import CountedEmail


def write_code(email: str, code: str, purpose: str) -> CountedEmail:
    return _write("code", email, {"code": code, "purpose": purpose})


def write_refusal(email: str, reason: str) -> CountedEmail:
    """Return the email that explains why an address gets no code."""
    return _write(
        "no_code", email, {"reason": reason, "admin_url": settings.SITE_URL + reverse("admin:index")}
    )


def write_change(old: str, new: str) -> CountedEmail:
    """Return the email that tells an account's old address about the new one."""
    return _write("changed", old, {"new": readable(new)})


def write_staff_notice(email: str, words: str, address: str) -> CountedEmail:
    """Return the email that tells staff that their sign-in has changed, and where to look."""
    return _write("admin/security", email, {"words": words, "address": address})


def _write(template: str, email: str, context: dict[str, Any]) -> CountedEmail:
    """Render ``mail/account/<template>.txt``, whose first line is the subject, and ``.html``."""
    context = {**context, "site_url": settings.SITE_URL}
    subject, _newline, text = render_to_string(f"mail/account/{template}.txt", context).partition("\n")
    mail = CountedEmail(subject=subject, body=text.lstrip(), to=email)
    html = render_to_string(f"mail/account/{template}.html", {**context, "subject": subject})
    mail.attach_alternative(html, "text/html")
    return mail
