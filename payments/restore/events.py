"""What becomes of the events of a lost session, which couldn't be applied while it was unknown here."""

from django.db.models import Q
from django.utils import timezone

from payments.models import LostOutcome, LostSession, Outcome, StripeEvent

REASONS = {
    LostOutcome.GIVEN_BACK: "Its session was lost in the restore and refunded.",
    LostOutcome.UNPAID: "Its session was lost in the restore and never paid.",
}


def settle_events(lost: LostSession, *, payment_intent_id: str | None = None) -> None:
    """
    Have the failed events of ``lost`` applied soon, or put them to rest if nothing here is owed for them.

    A refund or a dispute names only the payment intent.
    """
    names = [lost.session_id, lost.reference, *filter(None, [payment_intent_id])]
    about = Q()
    for name in names:
        about |= Q(body__contains=name)
    undone = StripeEvent.objects.filter(about, outcome__in=[Outcome.RECEIVED, Outcome.FAILED])
    if lost.payment_id or lost.subscription_id:
        undone.update(retry_at=timezone.now())
    elif reason := REASONS.get(LostOutcome(lost.outcome)):
        undone.update(
            outcome=Outcome.IGNORED, reason=reason, traceback="", decided_at=timezone.now(), retry_at=None
        )
