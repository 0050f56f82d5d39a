"""Asking Stripe, which staff can do about payments and memberships alike."""

from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext as _

from payments.models import Payment, Subscription

Row = TypeVar("Row", Payment, Subscription)


def ask_stripe(row: Row, *, ask: Callable[[Row], Row], says: Callable[[Row], str]) -> str:
    """
    Call ``ask`` with ``row`` unless Stripe was asked about it just now, and return what came of it, in words.

    If its status is as before, that is what Stripe ``says``. Raise what ``ask`` raises.
    """
    if not row.claim():
        return _("Checked less than ten seconds ago. Wait a moment before you check again.")
    status, before = row.status, row.get_status_display()
    row = ask(row)
    if row.status != status:
        change = {"before": before, "after": row.get_status_display()}
        return _("Updated from Stripe: %(before)s is now %(after)s.") % change
    return _("At Stripe: %(state)s. Nothing to update.") % {"state": says(row)}
