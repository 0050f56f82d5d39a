"""
What staff can do to a membership.

``payments.staff.actions.payments`` carries it out, once for its form, and keeps who did it and why.
"""

import hashlib
from collections.abc import Callable

from django.utils.translation import gettext as _

from payments.gateway import subscriptions
from payments.gateway.errors import UNKNOWN_TO_STRIPE, UnknownToStripe
from payments.memberships.sync import cancel_missing, check
from payments.models import Action, Cause, Subscription, SubscriptionStatus
from payments.staff.commands import NotPossible, StaffCommand


def version_of(subscription: Subscription) -> str:
    """Return a digest of all that a person decides by."""
    row = Subscription.objects.get(pk=subscription.pk)
    seen = [row.status, row.plan_id, row.subscription_id, str(row.entitled_until), str(row.ends_at)]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def possible(subscription: Subscription) -> list[Action]:
    """Return what makes sense for ``subscription`` as it is now, in the order of the buttons."""
    return [action for action, is_possible in POSSIBLE.items() if is_possible(subscription)]


POSSIBLE: dict[Action, Callable[[Subscription], bool]] = {
    Action.ASK: lambda row: bool(row.session_id or row.subscription_id),
    Action.LET_GO: lambda row: not row.is_over and row.check_error == UNKNOWN_TO_STRIPE,
    Action.NOTE: lambda row: True,
}


def look(subscription: Subscription) -> str | None:
    """
    Return how ``subscription`` stands at Stripe now, in words; None if Stripe doesn't know it.

    Nothing is changed. Raise what asking raises.
    """
    try:
        if subscription.subscription_id:
            return str(subscriptions.fetch_subscription(subscription.subscription_id).status.label)
        session = subscriptions.fetch_membership_session(str(subscription.session_id))
    except UnknownToStripe:
        return None
    return str(SESSIONS.get(session.status, session.status))


# Stripe's word for a session, as the row is called that has one.
SESSIONS = {
    "open": SubscriptionStatus.PENDING.label,
    "expired": SubscriptionStatus.EXPIRED.label,
}


def _ask(command: StaffCommand) -> str:
    row = _row(command)
    if not row.claim():
        return _("Stripe was asked less than ten seconds ago; nothing was asked again.")
    before = SubscriptionStatus(row.status)
    row = check(row, cause=Cause.STAFF)
    if row.status != before:
        change = {"before": before.label, "after": row.get_status_display()}
        return _("Stripe knew more: %(before)s is now %(after)s.") % change
    return _("Stripe says: %(state)s. Nothing had to be changed.") % {"state": row.get_status_display()}


def _let_go(command: StaffCommand) -> str:
    row = _row(command)
    try:
        row = check(row, cause=Cause.STAFF)
    except UnknownToStripe as error:
        if not cancel_missing(row, cause=Cause.STAFF):
            raise NotPossible(_("It is over, or has another subscription by now.")) from error
        return _("It has ended here, and its customer can subscribe again.")
    words = _("Stripe knows it: %(state)s. It can only be ended there.")
    raise NotPossible(words % {"state": row.get_status_display()})


def _row(command: StaffCommand) -> Subscription:
    if command.subscription is None:
        raise NotPossible(_("No membership was named."))
    return Subscription.objects.select_related("plan").get(pk=command.subscription.pk)


ACTIONS: dict[Action, Callable[[StaffCommand], str]] = {
    Action.ASK: _ask,
    Action.LET_GO: _let_go,
}
