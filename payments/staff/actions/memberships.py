"""What staff can do about a membership."""

from functools import partial

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments.gateway.billing import subscriptions
from payments.gateway.errors import UnknownToStripe
from payments.memberships.going_live import end_test_membership
from payments.memberships.strays import HasAnother, NotAdoptable, adopt, note_stray
from payments.memberships.stripe_customers import follow_account
from payments.memberships.sync import cancel_missing, check
from payments.models import Action, Cause, CheckProblem, StraySubscription, Subscription, SubscriptionStatus
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
            return _status_at_stripe(subscription.subscription_id)
        session = subscriptions.fetch_membership_session(str(subscription.session_id))
    except UnknownToStripe:
        return None
    return str(STATUS_OF_SESSION.get(session.status, session.status))


def look_at_stray(stray: StraySubscription) -> str:
    """Return how a subscription made in Stripe's dashboard stands there now; raise what asking raises."""
    return _status_at_stripe(stray.subscription_id)


def _status_at_stripe(subscription_id: str) -> str:
    told = subscriptions.retrieve_subscription(subscription_id)
    return str(told.status.label if told.status else told.says)


def _seen(row: Subscription) -> list[object]:
    return [
        *(row.status, row.plan_id, row.subscription_id, str(row.entitled_until), str(row.ends_at), row.money),
        *row.strays.open().values_list("pk", "status"),
    ]


def _ask(row: Subscription, command: StaffCommand) -> str:
    if row.customer_error:
        follow_account(row.customer)
    for stray in row.strays.open():
        note_stray(row, stray.subscription_id)
    return ask_stripe(row, ask=partial(check, cause=Cause.STAFF), says=lambda row: row.get_status_display())


def open_strays(row: Subscription) -> QuerySet[StraySubscription]:
    """Return the subscriptions of its customer that staff can adopt or end, the oldest first."""
    return row.strays.open().select_related("owner__customer", "plan")


def _adopt(row: Subscription, command: StaffCommand) -> str:
    stray = open_strays(row).first()
    if stray is None:
        raise NotPossible(_("There is none to adopt by now."))
    try:
        adopted = adopt(stray)
    except NotAdoptable as error:
        note_stray(row, stray.subscription_id)
        words = _("At Stripe, %(id)s is %(state)s.")
        raise NotPossible(words % {"id": stray, "state": str(error)}) from error
    except HasAnother as error:
        words = _("The customer has another membership. End and refund %(id)s in Stripe’s dashboard.")
        raise NotPossible(words % {"id": stray}) from error
    return _("Subscription adopted. The customer’s membership: %(plan)s.") % {"plan": adopted.plan}


def _let_go(row: Subscription, command: StaffCommand) -> str:
    try:
        row = check(row, cause=Cause.STAFF)
    except UnknownToStripe as error:
        if not cancel_missing(row, cause=Cause.STAFF):
            raise NotPossible(_("It’s over or has another subscription now.")) from error
        return _("Membership removed. The customer can subscribe again.")
    words = _("Stripe knows it: %(state)s. End it in Stripe’s dashboard.")
    raise NotPossible(words % {"state": row.get_status_display()})


def _end_test(row: Subscription, command: StaffCommand) -> str:
    if not end_test_membership(row, cause=Cause.STAFF):
        raise NotPossible(_("Already ended."))
    return _("Membership ended.")


MEMBERSHIP_ACTIONS = ActionTable[Subscription](
    rows=lambda: Subscription.objects.select_related("plan", "customer"),
    seen=_seen,
    specs={
        Action.ASK: ActionSpec(
            lambda row: bool(row.session_id or row.subscription_id) and not row.is_of_other_mode, _ask
        ),
        Action.LET_GO: ActionSpec(
            lambda row: not row.is_over and row.check_problem == CheckProblem.UNKNOWN, _let_go
        ),
        Action.ADOPT: ActionSpec(lambda row: open_strays(row).exists(), _adopt),
        Action.END_TEST: ActionSpec(lambda row: row.is_of_test_mode and not row.is_over, _end_test),
        Action.NOTE: ActionSpec(lambda row: True, keep_note),
    },
)
