"""What Django checks before it starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from bookings import tokens


@register()
def no_live_key_while_debugging(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG and settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        hint = "Use a key that starts with sk_test_, or set DEBUG=0."
        return [Error("STRIPE_SECRET_KEY is a live key, but DEBUG is on.", hint=hint, id="admit.E001")]
    return []


@register()
def signing_key_is_usable(**kwargs: Any) -> list[CheckMessage]:
    try:
        tokens.signing_key()
    except ValueError:
        hint = "`make secrets` prints a new one."
        return [Error("TICKET_SIGNING_KEY is not 32 bytes in URL-safe base64.", hint=hint, id="admit.E002")]
    return []
