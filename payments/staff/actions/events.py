"""What staff can do with an event of Stripe's."""

from django.utils.translation import gettext as _

from payments.models import Action, Outcome, StripeEvent
from payments.staff.actions.payments import seen_of_payment
from payments.staff.actions.table import ActionSpec, ActionTable
from payments.staff.commands import NotPossible, StaffCommand
from payments.webhook import intake


def _seen(event: StripeEvent) -> list[object]:
    return seen_of_payment(event.payment) if event.payment else []


def _replay(event: StripeEvent, command: StaffCommand) -> str:
    try:
        outcome = intake.apply_again(event)
    except intake.NotApplied as error:
        raise NotPossible(_("Failed again. The event shows why.")) from error
    if outcome == intake.DUPLICATE:
        return _("Already applied. Nothing was changed.")
    if outcome == Outcome.IGNORED:
        return _("Events of this type change nothing.")
    return _("Event applied.")


def _can_be_replayed(event: StripeEvent) -> bool:
    return not (event.is_decided or event.is_of_other_mode)


EVENT_ACTIONS = ActionTable[StripeEvent](
    rows=lambda: StripeEvent.objects.select_related("payment__booking"),
    seen=_seen,
    specs={Action.REPLAY: ActionSpec(_can_be_replayed, _replay)},
)
