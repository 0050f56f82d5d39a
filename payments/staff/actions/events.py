"""What staff can do with an event of Stripe's."""

from django.utils.translation import gettext as _

from payments.models import Action, StripeEvent
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
        raise NotPossible(_("It failed again; the event shows why.")) from error
    if outcome == intake.DUPLICATE:
        return _("It had been applied already; nothing was changed.")
    return _("It is applied now.")


EVENT_ACTIONS = ActionTable[StripeEvent](
    rows=lambda: StripeEvent.objects.select_related("payment__booking"),
    seen=_seen,
    specs={Action.REPLAY: ActionSpec(lambda event: not event.is_decided, _replay)},
)
