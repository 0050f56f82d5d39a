"""Stripe's error replies."""

from typing import Any

UNSUPPORTED = "sandbox_unsupported"  # a code of the sandbox's own: Stripe has what the sandbox lacks


class StripeError(Exception):
    """
    An error reply, with the status and body that Stripe would send.

    Raising it rolls back what the request did, unless it ``leaves_traces``: a declined charge is kept.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        leaves_traces: bool = False,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.leaves_traces = leaves_traces
        self.headers = dict(headers or {})  # beside those that every reply has
        self.error: dict[str, Any] = {"type": kind, "message": message, **more}
        if code is not None:
            self.error["code"] = code
        if code is not None and code != UNSUPPORTED:
            self.error["doc_url"] = "https://stripe.com/docs/error-codes/" + code.replace("_", "-")
        if param is not None:
            self.error["param"] = param

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}

    @property
    def is_validation(self) -> bool:
        """Whether the parameters were refused; Stripe then saves no reply for the idempotency key."""
        return self.status == 400 and "param" in self.error


NAMES = {"payment_method": "PaymentMethod"}  # where a message doesn't name the kind of object


def missing_object(kind: str, wanted: str, *, param: str, in_path: bool = False) -> StripeError:
    """Return the error for an unknown id: 404 when it is in the URL, 400 when it is a parameter."""
    return StripeError(
        f"No such {NAMES.get(kind, kind)}: '{wanted}'",
        status=404 if in_path else 400,
        code="resource_missing",
        param=param,
    )


def not_supported(what: str, param: str) -> StripeError:
    """Return the error for a parameter that Stripe has and the sandbox doesn't."""
    return StripeError(f"The sandbox does not support {what}. Stripe does.", param=param)


def missing_route(method: str, template: str) -> StripeError:
    """Return the error for a route that Stripe has and the sandbox doesn't."""
    return StripeError(
        f"The sandbox does not support {method} {template}. Stripe does.", status=404, code=UNSUPPORTED
    )
