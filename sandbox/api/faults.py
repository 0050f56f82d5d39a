"""
Faults that a test asks for: errors, timeouts and lost connections.

Most of them happen between the caller and Stripe's own execution. After an ``…_after`` fault the work and its
idempotency record are committed and only the reply is lost, which is what idempotency keys are for. A
``500_stored…`` is Stripe's execution failing: its 500 is kept with the key, and every repetition gets it.
"""

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from sandbox.core.errors import StripeError
from sandbox.core.store import Store

KINDS = (
    "500_before",
    "500_after",
    "500_stored",
    "500_stored_after",
    "timeout_before",
    "timeout_after",
    "reset",
    "reset_before",
    "reset_after",
    "429",
    "lock_timeout",
    "409",
    "403",
    "slow_ms",
)
HOLD_SECONDS = 60.0  # how long a "timeout" keeps the caller waiting


@dataclass
class Fault:
    """One active fault. ``match`` is ``METHOD /path``, where ``*`` matches anything."""

    match: str
    do: str
    nth: int = 1  # the first matching request that it affects
    times: int | None = 1  # how many it affects from then on; None: until cleared
    ms: int = 1_000
    seconds: float = HOLD_SECONDS

    @property
    def is_after(self) -> bool:
        return self.do.endswith("_after")

    @property
    def is_stored(self) -> bool:
        return self.do.startswith("500_stored")

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.times <= 0


class Faults:
    """The active faults, kept in the state file."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def all(self) -> list[Fault]:
        return [Fault(**row) for row in self.store.setting("faults", [])]

    def save(self, faults: list[Fault]) -> None:
        self.store.set("faults", [asdict(fault) for fault in faults if not fault.is_spent])

    def add(self, given: dict[str, Any]) -> Fault:
        """Add a fault from the control surface's JSON; raise ``ValueError`` if it is invalid."""
        try:
            fault = Fault(**given)
        except TypeError as error:
            raise ValueError(str(error)) from None
        if fault.do not in KINDS:
            raise ValueError(f"do must be one of {', '.join(KINDS)}")
        self.save([*self.all(), fault])
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, if any, and count it as used."""
        faults = self.all()
        if not faults:
            return None
        struck = None
        for fault in faults:
            if not fnmatchcase(f"{method} {path}", fault.match):
                continue
            if fault.nth > 1:
                fault.nth -= 1
            elif struck is None:
                struck = fault
                fault.times = None if fault.times is None else fault.times - 1
        self.save(faults)
        return struck


def reply_of(fault: Fault) -> StripeError | None:
    """Return the error that a fault sends in place of the real reply; None if no reply is sent."""
    if fault.do.startswith("500"):
        return unknown_error()
    if fault.do == "429":
        return rate_limited()
    if fault.do == "lock_timeout":
        return locked()
    if fault.do == "409":
        return key_in_use()
    if fault.do == "403":
        return not_permitted()
    return None


def unknown_error() -> StripeError:
    return StripeError(
        "An unknown error occurred. (A fault of the sandbox's control surface.)",
        status=500,
        kind="api_error",
    )


def not_permitted() -> StripeError:
    return StripeError(
        "The provided key does not have the required permissions for this endpoint. "
        "(A fault of the sandbox's control surface.)",
        status=403,
    )


def rate_limited() -> StripeError:
    return StripeError(
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        status=429,
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    )


def locked() -> StripeError:
    return StripeError(
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request. If you see this error "
        "frequently and are making multiple concurrent requests to a single object, make your requests "
        "serially or at a lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts.",
        status=429,
        code="lock_timeout",
        headers={"Stripe-Should-Retry": "true"},
    )


def key_in_use() -> StripeError:
    return StripeError(
        "There is currently another in-progress request using this Stripe-Idempotency-Key (that probably "
        "means you submitted twice, and the other request is still going through). Try again later.",
        status=409,
        code="idempotency_key_in_use",
        kind="idempotency_error",
    )
