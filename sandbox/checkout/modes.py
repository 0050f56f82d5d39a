"""The modes of a session. Each is registered by the module that implements it."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments.outcome import Result
from sandbox.payments.payer import Method, Payer


@dataclass(frozen=True)
class Mode:
    """
    The behaviour of one mode.

    ``check(box, params, items)`` raises ``StripeError`` for wrong parameters, before a session exists.
    ``confirm(box, session, payer, method)`` does what a click on "Pay" does. ``after_challenge(box, session,
    passed)`` continues after 3-D Secure, and ``is_challenged(box, session)`` tells whether the session waits
    for that. ``after_expiry(box, session)`` cleans up after an open session has expired.
    """

    check: Callable[[Box, Obj, list[Obj]], None]
    confirm: Callable[[Box, Obj, Payer, Method], Result]
    after_challenge: Callable[[Box, Obj, bool], Result]
    is_challenged: Callable[[Box, Obj], bool]
    after_expiry: Callable[[Box, Obj], None]


MODES: dict[str, Mode] = {}


def find(name: str) -> Mode:
    """Return the mode of that name; raise ``StripeError`` if the sandbox doesn't have it."""
    if name not in MODES:
        raise StripeError(f"The sandbox does not support mode {name}. Stripe does.", param="mode")
    return MODES[name]
