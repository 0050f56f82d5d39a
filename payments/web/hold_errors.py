"""What customers read who hold as much unpaid as they may, and how the API says so."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.errors import ApiError
from config.schema import INTEGER, TEXT
from payments.checkout.limits import TooManyHolds

HOLDS = {
    "scope": {**TEXT, "enum": ["customer", "network"]},
    "unit": {**TEXT, "enum": ["checkouts", "places"]},
    "limit": INTEGER,
    "open": INTEGER,
    "retry_after": {**INTEGER, "description": "In seconds; sooner if one is paid for or cancelled."},
}


# By scope and unit.
WHAT = {
    ("customer", "checkouts"): gettext_lazy(
        "You have %(open)d unpaid bookings. That’s the limit, so that everyone gets a chance."
    ),
    ("customer", "places"): gettext_lazy(
        "You’re holding %(open)d unpaid tickets. The limit is %(limit)d, so that everyone gets a chance."
    ),
    ("network", "checkouts"): gettext_lazy(
        "Your internet connection has %(open)d unpaid bookings. That’s the limit, so that "
        "everyone gets a chance."
    ),
    ("network", "places"): gettext_lazy(
        "Your internet connection is holding %(open)d unpaid tickets. The limit is %(limit)d, so "
        "that everyone gets a chance."
    ),
}


def explain_too_many(refusal: TooManyHolds) -> ApiError:
    """Return the error with what is open, what to do about it, and when there is room at the latest."""
    wait = max(1, int((refusal.until - timezone.now()).total_seconds()) + 1)
    numbers = {"limit": refusal.limit, "open": refusal.held}
    words = str(WHAT[refusal.scope, refusal.unit]) % numbers
    kind = {"scope": refusal.scope, "unit": refusal.unit}
    message = f"{words} {_way_out(refusal)}"
    error = ApiError(429, "too_many_holds", message, retry_after=wait, **kind, **numbers)
    error.extra["retry_after"] = wait
    return error


def _way_out(refusal: TooManyHolds) -> str:
    until = {"until": _spell(refusal.until)}
    if refusal.bookings:
        words = _("Pay for them or cancel them, or come back at %(until)s.")
    elif refusal.scope == "network":
        words = _(
            "Someone near you may be booking. Use another connection, such as your phone’s, or come "
            "back at %(until)s."
        )
    else:
        words = _("Pay or cancel on the device where you booked, or come back at %(until)s.")
    return words % until


def _spell(until: datetime) -> str:
    local = timezone.localtime(until)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "TIME_WITH_ZONE" if is_today else "DAY_TIME_WITH_ZONE")
