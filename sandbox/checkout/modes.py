"""What a session's mode decides. A mode is registered by the module that knows it."""

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

    ``check(box, params, items)`` refuses parameters before a session exists; ``confirm(box, session, payer,
    method)`` does what the customer's click on "Pay" does; ``challenged(box, session, passed)`` goes on after
    3-D Secure; ``is_challenged(box, session)`` says whether it waits for that; ``ended(box, session)`` tidies
    up when an open session expires.
    """

    check: Callable[[Box, Obj, list[Obj]], None]
    confirm: Callable[[Box, Obj, Payer, Method], Result]
    after_challenge: Callable[[Box, Obj, bool], Result]
    is_challenged: Callable[[Box, Obj], bool]
    after_expiry: Callable[[Box, Obj], None]


MODES: dict[str, Mode] = {}


def find(name: str) -> Mode:
    """Return a mode, or refuse one that Stripe has and the sandbox hasn't."""
    if name not in MODES:
        raise StripeError(f"The sandbox does not support mode {name}. Stripe does.", param="mode")
    return MODES[name]
