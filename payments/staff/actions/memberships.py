"""What staff can do about a membership."""

from functools import partial

from django.utils.translation import gettext as _

from payments.gateway import subscriptions
from payments.gateway.errors import UnknownToStripe
from payments.memberships.sync import cancel_missing, check
from payments.memberships.test_mode import end_test_membership
from payments.models import Action, Cause, CheckProblem, Subscription, SubscriptionStatus
from payments.staff.actions.asking import ask_stripe
from payments.staff.actions.table import ActionSpec, ActionTable, keep_note
from payments.staff.commands import NotPossible, StaffCommand

# What a row is called whose session Stripe calls this.
STATUS_OF_SESSION = {
    "open": SubscriptionStatus.PENDING.label,
    "expired": SubscriptionStatus.EXPIRED.label,
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
    return str(STATUS_OF_SESSION.get(session.status, session.status))


def _seen(row: Subscription) -> list[object]:
    return [row.status, row.plan_id, row.subscription_id, str(row.entitled_until), str(row.ends_at)]


def _ask(row: Subscription, command: StaffCommand) -> str:
    return ask_stripe(row, ask=partial(check, cause=Cause.STAFF), says=lambda row: row.get_status_display())


def _let_go(row: Subscription, command: StaffCommand) -> str:
    try:
        row = check(row, cause=Cause.STAFF)
    except UnknownToStripe as error:
        if not cancel_missing(row, cause=Cause.STAFF):
            raise NotPossible(_("It is over, or has another subscription by now.")) from error
        return _("It has ended here, and its customer can subscribe again.")
    words = _("Stripe knows it: %(state)s. It can only be ended there.")
    raise NotPossible(words % {"state": row.get_status_display()})


def _end_test(row: Subscription, command: StaffCommand) -> str:
    if not end_test_membership(row, cause=Cause.STAFF):
        raise NotPossible(_("It has ended already."))
    return _("It has ended here.")


MEMBERSHIP_ACTIONS = ActionTable[Subscription](
    rows=lambda: Subscription.objects.select_related("plan"),
    seen=_seen,
    specs={
        Action.ASK: ActionSpec(
            lambda row: bool(row.session_id or row.subscription_id) and not row.is_of_other_mode, _ask
        ),
        Action.LET_GO: ActionSpec(
            lambda row: not row.is_over and row.check_problem == CheckProblem.UNKNOWN, _let_go
        ),
        Action.END_TEST: ActionSpec(lambda row: row.is_of_test_mode and not row.is_over, _end_test),
        Action.NOTE: ActionSpec(lambda row: True, keep_note),
    },
)
