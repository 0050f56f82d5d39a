"""The parameters of a Checkout Session, saved with the payment before Stripe is asked."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from bookings.models import BookedSeat, Booking
from bookings.orders.places import name_place
from payments.cancel_address import cancel_address
from payments.gateway.checkout.options import checkout_options, describe_purchase, statement_suffix
from payments.gateway.checkout.payment_methods import too_slow
from payments.gateway.metadata import metadata_of, purchase_metadata
from payments.models import Payment

# Stripe wants 30 minutes at least, by its own clock, from when the request arrives. That may be the third try
# of one who has stood in line first.
SESSION_LIFE = timedelta(minutes=31, seconds=settings.STRIPE_LINE_SECONDS)
# Less than this before its end, a session can't be opened any more, after standing in line.
SHORTEST_LIFE = timedelta(minutes=30, seconds=15 + settings.STRIPE_LINE_SECONDS)

# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale
STRIPE_LOCALES = {
    *("bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA"),
    *("hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR"),
    *("ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW"),
}


def new_session_end() -> datetime:
    """Return when a session that is opened now ends, in whole seconds as Stripe counts."""
    return timezone.now().replace(microsecond=0) + SESSION_LIFE


def session_params(payment: Payment, booked: Collection[BookedSeat]) -> Any:
    """
    Return the parameters of the session for ``payment`` of the ``booked`` seats.

    Stripe refuses other ones under the same idempotency key, and titles, settings and this code change: so
    they are computed once, and kept in ``Payment.session_params``.
    """
    booking, options = payment.booking, checkout_options()
    metadata = metadata_of("payment", payment.reference)
    success = reverse("payments:success")
    return {
        "mode": "payment",
        "submit_type": "book",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.currency,
                    "unit_amount": one.price,
                    **options.tax_behavior,
                    "product_data": {"name": f"{booking.event.title}: {name_place(one)}"},
                },
            }
            for one in booked
        ],
        "customer_email": booking.email,
        "client_reference_id": booking.reference,
        "metadata": {**metadata, **purchase_metadata(booking)},
        "payment_intent_data": {"metadata": metadata, **_names_of(booking, booked)},
        **_without_slow_methods(payment),
        **options.for_payments(),
        "locale": stripe_locale(booking.language),
        "expires_at": int(payment.expires_at.timestamp()),
        # Stripe fills in the placeholder, but only in this address.
        "success_url": f"{settings.SITE_URL}{success}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": cancel_address(payment),
    }


def _names_of(booking: Booking, booked: Collection[BookedSeat]) -> dict[str, str]:
    """Return what the payment is called at Stripe, and on the statement of whoever pays by card."""
    suffix = statement_suffix(booking.event.title)
    return {
        "description": describe_purchase(booking.event, [one.seat.label for one in booked]),
        **({"statement_descriptor_suffix": suffix} if suffix else {}),
    }


def _without_slow_methods(payment: Payment) -> dict[str, list[str]]:
    """Leave out the ways to pay whose money may come after the event: their seats would stand empty."""
    methods = too_slow(
        paid_by=payment.expires_at,
        needed_by=payment.booking.event.starts_at,
        margin=timedelta(days=settings.SLOW_PAYMENT_MARGIN_DAYS),
    )
    return {"excluded_payment_method_types": methods} if methods else {}


def stripe_locale(language: str) -> str:
    """Return what Stripe calls ``language``; else the page's language is the browser's."""
    name, _dash, region = language.partition("-")
    found = [locale for locale in (f"{name}-{region.upper()}", name) if locale in STRIPE_LOCALES]
    return found[0] if found else "auto"
