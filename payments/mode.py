"""Which of Stripe's two modes this installation is in: its key says so."""

from django.conf import settings


def is_live() -> bool:
    """Return whether the key moves real money."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
