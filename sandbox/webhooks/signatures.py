"""The ``Stripe-Signature`` header. https://docs.stripe.com/webhooks#verify-manually"""

import hashlib
import hmac
from collections.abc import Sequence


def signature(body: bytes, secrets: Sequence[str], *, timestamp: int) -> str:
    """
    Return the header for ``body``: a ``v1`` for each secret, and test mode's extra ``v0``.

    ``timestamp`` is real time, not the sandbox's: the receiver compares it with its own clock.
    """
    signed = [f"v1={digest(body, secret, timestamp)}" for secret in secrets]
    return ",".join([f"t={timestamp}", *signed, f"v0={digest(body, 'v0', timestamp)}"])


def digest(body: bytes, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
