"""API keys, in Bearer or Basic authentication."""

import base64
import binascii

from sandbox.core.errors import StripeError

KEY_PREFIXES = ("sk_test_", "rk_test_")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Stripe"'}


def check_key(known: str | None, header: str | None) -> None:
    """Raise ``StripeError`` unless the header has ``known``, or any test-mode key if that is None."""
    key = key_of(header or "")
    if not key:
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication for details, or we can help at "
            "https://support.stripe.com/.",
            status=401,
            headers=CHALLENGE,
        )
    if (known is not None and key != known) or not key.startswith(KEY_PREFIXES):
        raise StripeError(f"Invalid API Key provided: {masked(key)}", status=401, headers=CHALLENGE)


def key_of(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def masked(key: str) -> str:
    """Return a key as Stripe shows it in errors: its prefix and its last four characters."""
    kind = next((kind for kind in (*KEY_PREFIXES, "sk_live_", "pk_test_") if key.startswith(kind)), "")
    hidden = len(key) - len(kind) - 4
    return f"{kind}{'*' * hidden}{key[-4:]}" if hidden > 0 else kind + "*" * (len(key) - len(kind))
