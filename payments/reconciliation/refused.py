"""Asks whether Stripe answers again what it has refused to our key."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from payments.contact import note_refused
from payments.gateway.account import try_reading, try_writing
from payments.gateway.errors import KeyRefused, NotAllowed, StripeRefused, StripeUnavailable
from payments.models import RefusedQuestion
from payments.reconciliation.run import Run

# Another process may have another key, so a refusal counts until there was none for so long.
REFUSED_FOR = timedelta(minutes=1)
# What can't be tried without doing it counts for so long.
UNTRIED_FOR = timedelta(hours=1)

_SESSIONS = partial(try_reading, "checkout.sessions")
_CHANGING_SESSIONS = partial(try_writing, "checkout.sessions")
_REFUNDS = partial(try_reading, "refunds")
# By the question that was refused: what is tried in its place, and changes nothing.
TRIALS: dict[str, Callable[[], object]] = {
    "": partial(try_reading, "events"),
    "fetch_events": partial(try_reading, "events"),
    "open_session": _CHANGING_SESSIONS,
    "expire_session": _CHANGING_SESSIONS,
    "fetch_session": _SESSIONS,
    "find_open_sessions": _SESSIONS,
    "fetch_claim": partial(try_reading, "payment_intents"),
    "open_refund": partial(try_writing, "refunds"),
    "find_refund": _REFUNDS,
    "fetch_refunds": _REFUNDS,
    "fetch_disputes": partial(try_reading, "disputes"),
}


def try_refused(run: Run) -> None:
    """Ask again what was refused, if that can be done without doing it; a dry run doesn't."""
    now = timezone.now()
    if run.is_dry:
        return
    for refused in RefusedQuestion.objects.filter(last_at__lt=now - REFUSED_FOR):
        if refused.question in TRIALS:
            run.pace()
        elif refused.last_at > now - UNTRIED_FOR:
            continue
        if _is_answered(refused.question):
            RefusedQuestion.objects.filter(pk=refused.pk, last_at=refused.last_at).delete()


def _is_answered(question: str) -> bool:
    """Try ``question`` again; one that can't be tried counts as answered."""
    try:
        if trial := TRIALS.get(question):
            trial()
    except (KeyRefused, NotAllowed) as refusal:
        note_refused(question, refusal)
        return False
    except StripeUnavailable:
        return False
    except StripeRefused:
        return True
    return True
