"""Signatures of Stripe's events, checked on the raw body before anything reads it."""

from typing import Any

import stripe
from django.conf import settings

from payments.gateway.errors import InvalidSignature
from payments.gateway.event_objects import parse_event


def sign(body: bytes, secret: str) -> str:
    """Return the header with which Stripe would sign ``body`` now."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret)


def verify_event(body: bytes, signature: str) -> dict[str, Any]:
    """
    Return the event that Stripe has signed: a dict with ``id``, ``type`` and ``data.object``.

    The signature is checked on the raw body, with each of the endpoint's secrets, before anything reads it.
    Raise ``InvalidSignature`` or ``InvalidPayload``.

    https://docs.stripe.com/webhooks#verify-official-libraries
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidSignature from error
    if not signature.isascii() or not any(
        _is_signed(text, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS
    ):
        raise InvalidSignature
    return parse_event(text)


def _is_signed(text: str, signature: str, secret: str) -> bool:
    try:
        return stripe.WebhookSignature.verify_header(
            text, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE
        )
    except stripe.SignatureVerificationError:
        return False
