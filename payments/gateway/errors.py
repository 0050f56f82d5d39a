"""Why Stripe couldn't be asked, what it said no to, and what it said that isn't understood."""

from payments.models import CheckProblem


class StripeUnavailable(Exception):
    """Stripe didn't answer, or not in time: whether it did what was asked is unknown."""

    outcome = "unavailable"


class StripeBusy(StripeUnavailable):
    """
    Too many requests wait for Stripe already, so it wasn't asked.

    ``retry_after`` is in how many seconds there is room again, unless others come first.
    """

    outcome = "busy"

    def __init__(self, *, retry_after: int = 10) -> None:
        super().__init__("Too many requests wait for Stripe.")
        self.retry_after = retry_after


class KeySpent(StripeUnavailable):
    """
    Stripe keeps something else under this idempotency key: a failure of its own, or other parameters.

    It does so for a day, so what was asked for needs another key (``AskedUnderKey.spend_key``). Whether it
    was made under this one is unknown.
    """


class StripeRefused(Exception):
    """Stripe said no, and did nothing; ``code`` and ``param`` name what it didn't like, if it said so."""

    outcome = "refused"

    def __init__(self, message: str, *, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class UnknownToStripe(StripeRefused):
    """Stripe has no such object."""


class Unreadable(StripeRefused):
    """Stripe answered with something that isn't known here, so what was asked for may have been done."""


class KeyRefused(StripeRefused):
    """Stripe doesn't know our key (401)."""


class NotAllowed(StripeRefused):
    """Our key may not do this (403)."""


class OtherMode(StripeRefused):
    """It was made in test mode and our key is live, or the other way round: Stripe isn't asked."""

    def __init__(self) -> None:
        super().__init__(
            "It was created with a key of the other mode (test or live), so it can't be checked."
        )


def problem_from(error: Exception) -> tuple[CheckProblem, str]:
    """Return what to save of a failed question to Stripe: its kind, and an English sentence for staff."""
    match error:
        case UnknownToStripe():
            return CheckProblem.UNKNOWN, "Not found at Stripe."
        case Unreadable():
            return CheckProblem.UNREADABLE, str(error)
        case StripeRefused():
            return CheckProblem.REFUSED, str(error) or repr(error)
        case StripeUnavailable():
            return CheckProblem.FAILED, str(error) or repr(error)
    return CheckProblem.FAILED, repr(error)


class InvalidSignature(Exception):
    """The body wasn't signed by Stripe for this endpoint, or too long ago."""
