"""
The address at which a customer who leaves Stripe's page comes back and lets the seats go.

A payment's reference is in every line of the log about it, and in the metadata at Stripe and what is exported
there, so it opens nothing. What opens the page is a signature of it, which is in that address alone.
"""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from payments.models import Payment

SALT = "payments.cancelled"


def cancel_address(payment: Payment) -> str:
    """Return the address of the page that cancels ``payment``, for Stripe to lead back to."""
    return f"{settings.SITE_URL}{reverse('payments:cancelled')}?payment={cancel_key(payment)}"


def cancel_key(payment: Payment) -> str:
    """Return the reference of ``payment`` with its signature, ``MFRGG….xY3…``."""
    return _signer().sign(payment.reference)


def signed_reference(key: str) -> str:
    """Return the reference that ``key`` is good for; empty if its signature isn't ours."""
    try:
        return _signer().unsign(key)
    except BadSignature:
        return ""


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT)
