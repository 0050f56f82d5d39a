"""
What staff can do to payments, memberships and events, and how it is done.

Every action calls the function that everything else uses, and is recorded with who did it, when and why. It
is done once, however often its form is sent, and only if the page that it was decided on is still true.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from payments.gateway.errors import StripeRefused
from payments.models import Action, ActionOutcome, Payment, StaffAction, StripeEvent, Subscription
from payments.staff.actions.events import EVENT_ACTIONS
from payments.staff.actions.memberships import MEMBERSHIP_ACTIONS
from payments.staff.actions.payments import PAYMENT_ACTIONS
from payments.staff.actions.table import ActionTable
from payments.staff.commands import NotPossible, StaffCommand, Stale, Subject

TABLES: dict[type[Subject], ActionTable[Any]] = {
    Payment: PAYMENT_ACTIONS,
    Subscription: MEMBERSHIP_ACTIONS,
    StripeEvent: EVENT_ACTIONS,
}
PERMISSIONS = {
    Action.ASK: "payments.ask_stripe",
    Action.REPLAY: "payments.ask_stripe",
    Action.RELEASE: "payments.release_hold",
    Action.RESEAT: "payments.reseat",
    Action.MOVE: "payments.reseat",
    Action.REFUND: "payments.refund",
    Action.RETRY_REFUND: "payments.refund",
    Action.ASSIGN_REFUND: "payments.refund",
    Action.ASSIGN_DISPUTE: "payments.refund",
    Action.WAIVE_REFUND: "payments.refund",
    Action.RESEND: "payments.resend_tickets",
    Action.ADDRESS: "payments.resend_tickets",
    Action.NAME: "payments.resend_tickets",
    Action.REDRAW: "payments.resend_tickets",
    Action.NOTE: "payments.note",
    Action.LET_GO: "payments.release_hold",
    Action.END_TEST: "payments.refund",
    Action.ADOPT: "payments.release_hold",
}


def version_of(subject: Subject) -> str:
    """Return a digest of everything that staff decide by. It changes with what they would see."""
    return TABLES[type(subject)].version_of(subject)


def possible(subject: Subject) -> list[Action]:
    """Return what makes sense for ``subject`` as it is now, in the order of the buttons."""
    return TABLES[type(subject)].possible(subject)


def is_possible(subject: Subject, action: Action) -> bool:
    """Return whether ``action`` makes sense for ``subject`` as it is now."""
    return TABLES[type(subject)].allows(subject, action)


def execute(command: StaffCommand) -> StaffAction:
    """
    Do what ``command`` says, once for its form, and return the record of it.

    A form that was sent before isn't done again: its record says what came of it then, which may be a
    refusal. Raise ``PermissionDenied``, ``Stale``, ``NotPossible``, or what asking Stripe raises. Whatever is
    raised once the record exists is noted on it as well.
    """
    if not command.actor.has_perm(PERMISSIONS[command.action]):
        raise PermissionDenied
    if command.version and command.version != version_of(command.subject):
        if earlier := StaffAction.objects.filter(form_id=command.form_id).first():
            return _require_finished(earlier)
        raise Stale
    record, is_new = _record(command)
    if not is_new:
        return _require_finished(record)
    try:
        words = TABLES[type(command.subject)].run(command.subject, command)
    except Exception as error:
        is_refusal = isinstance(error, NotPossible | StripeRefused)
        outcome = ActionOutcome.REFUSED if is_refusal else ActionOutcome.FAILED
        _conclude(record, outcome, _("Not done: %(why)s") % {"why": str(error) or repr(error)})
        raise
    return _conclude(record, ActionOutcome.DONE, words)


def _record(command: StaffCommand) -> tuple[StaffAction, bool]:
    """Return the record of ``command`` and whether it is new: a form that is sent twice has one."""
    is_note = command.action == Action.NOTE
    try:
        with transaction.atomic():
            return StaffAction.objects.create(
                form_id=command.form_id,
                action=command.action,
                actor=command.actor,
                payment=command.payment,
                subscription=command.subscription,
                stripe_event=command.stripe_event,
                reason=command.reason,
                outcome=ActionOutcome.DONE if is_note else ActionOutcome.BEGUN,
            ), True
    except IntegrityError:
        return StaffAction.objects.get(form_id=command.form_id), False


def _require_finished(record: StaffAction) -> StaffAction:
    """Return a form's record; raise ``NotPossible`` if its action was interrupted, maybe halfway."""
    if record.outcome == ActionOutcome.BEGUN:
        raise NotPossible(_("An earlier attempt was interrupted. Check where it stands and try again."))
    return record


def _conclude(record: StaffAction, outcome: ActionOutcome, words: str) -> StaffAction:
    record.outcome, record.words = outcome, words
    record.save(update_fields=["outcome", "words"])
    return record
