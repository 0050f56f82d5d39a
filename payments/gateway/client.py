"""
The client of Stripe's library, and what its errors mean here.

https://docs.stripe.com/api
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import stripe
from django.conf import settings

from payments import contact, metrics
from payments.gateway.errors import (
    KeyRefused,
    KeySpent,
    NotAllowed,
    StripeRefused,
    StripeUnavailable,
    UnknownToStripe,
    Unreadable,
)
from payments.gateway.objects import UnknownState
from payments.gateway.transport.client import Transport

# The version that the installed library sends with each request, and whose shapes its objects have.
API_VERSION = stripe.api_version

P = ParamSpec("P")
T = TypeVar("T")


@functools.cache
def stripe_client() -> stripe.StripeClient:
    # StripeClient retries nothing and waits 80 s unless told otherwise.
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {},
        max_network_retries=settings.STRIPE_RETRIES,
        http_client=Transport(),
    )


def asking_stripe(ask: Callable[P, T]) -> Callable[P, T]:
    """
    Turn the library's errors into those of ``payments.gateway.errors``.

    The call is counted and timed under the function's own name.
    """

    @functools.wraps(ask)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        with metrics.stripe_call(ask.__name__):
            try:
                return ask(*args, **kwargs)
            except stripe.IdempotencyError as error:
                raise KeySpent(str(error)) from error
            except (stripe.RateLimitError, stripe.APIConnectionError, stripe.APIError) as error:
                failure = KeySpent if _is_kept(error) else StripeUnavailable
                raise failure(str(error)) from error
            except UnknownState as error:
                raise Unreadable(str(error)) from error
            except (LookupError, AttributeError, TypeError, ValueError, OverflowError) as error:
                raise Unreadable(f"Stripe's answer isn't as it is read here: {error!r}") from error
            except stripe.AuthenticationError as error:
                contact.note_refused("", error)
                raise KeyRefused(str(error)) from error
            except stripe.PermissionError as error:
                contact.note_refused(ask.__name__, error)
                raise NotAllowed(str(error)) from error
            except stripe.StripeError as error:
                missing = error.code == "resource_missing" and error.http_status == 404
                refusal = UnknownToStripe if missing else StripeRefused
                param = getattr(error, "param", None) or ""
                raise refusal(str(error), code=error.code or "", param=param) from error

    return wrapper


def _is_kept(error: stripe.StripeError) -> bool:
    """
    Whether Stripe keeps this failure under the idempotency key, so that it would answer the same again.

    Then it was answered before, or says that trying again is useless.
    https://docs.stripe.com/error-low-level#should-retry
    """
    headers = error.headers or {}
    is_useless = (error.http_status or 0) >= 500 and headers.get("stripe-should-retry") == "false"
    return is_useless or headers.get("idempotent-replayed") == "true"
