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
        "Bookings of yours that aren’t paid for yet: %(open)d. No more are possible at a time, so that there "
        "is something left for everybody."
    ),
    ("customer", "places"): gettext_lazy(
        "Places that you have reserved and not paid for yet: %(open)d. More than %(limit)d at a time aren’t "
        "possible, so that there is something left for everybody."
    ),
    ("network", "checkouts"): gettext_lazy(
        "Bookings over your internet connection that aren’t paid for yet: %(open)d. No more are possible at "
        "a time, so that there is something left for everybody."
    ),
    ("network", "places"): gettext_lazy(
        "Places reserved over your internet connection and not paid for yet: %(open)d. More than %(limit)d "
        "at a time aren’t possible, so that there is something left for everybody."
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
        words = _("Please pay for what you have reserved, or cancel it; or come back at %(until)s.")
    elif refusal.scope == "network":
        words = _(
            "Perhaps somebody near you is booking. Over another connection, such as your phone’s, you can go "
            "on at once, and over this one at %(until)s at the latest."
        )
    else:
        words = _("Please pay for it or cancel it where you have reserved it, or come back at %(until)s.")
    return words % until


def _spell(until: datetime) -> str:
    local = timezone.localtime(until)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "TIME_WITH_ZONE" if is_today else "DAY_TIME_WITH_ZONE")
