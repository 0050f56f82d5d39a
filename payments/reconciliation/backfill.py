"""Applies the events that were never delivered or couldn't be applied, as the webhook does."""

import json
import logging
import traceback
from datetime import UTC, datetime

from django.utils import timezone

from payments.contact import note_clocks
from payments.durations import EVENT_LIST_OVERLAP, EVENTS_KEPT_BY_STRIPE
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.gateway.events import fetch_events
from payments.gateway.objects import Json
from payments.metrics import Reconciled
from payments.mode import is_live
from payments.models import Backfill, Outcome, StripeEvent
from payments.reconciliation.run import Run
from payments.webhook import intake, memberships, payments
from payments.webhook.routing import handler_of

logger = logging.getLogger(__name__)


def retry_failed(run: Run) -> None:
    """Apply the recorded events that failed, or whose process died before it could apply them."""
    for record in StripeEvent.objects.to_retry(timezone.now()):
        if run.is_dry:
            run.note_found("event_to_retry", f"{record.event_id}: {record.type}, would be applied again")
            continue
        run.pace()
        try:
            intake.apply_again(record)
            run.note(Reconciled.EVENT_APPLIED)
        except intake.NotApplied as failure:
            _note_failure(run, f"{record.event_id}: {record.type} failed again", failure.__cause__)
        except Exception as error:  # It is unknown whose it is; the next one may still work.
            record.fail(traceback.format_exc(), None)
            _note_failure(run, f"{record.event_id}: {record.type} failed again", error)


def _note_failure(run: Run, words: str, error: BaseException | None) -> None:
    """Count an event that failed; raise ``StripeIsAway`` if Stripe hasn't answered several times in a row."""
    run.note(Reconciled.EVENT_FAILED, words)
    if isinstance(error, StripeUnavailable):
        run.note_unreachable("Stripe can't be reached")


def read_missed(run: Run) -> bool:
    """
    Read Stripe's list of events since the last time, and receive those that aren't recorded here.

    Return whether it could be read to its end.

    The next time begins before the oldest one that failed, because it may have failed before it was recorded.
    Once the key is of the other mode, it begins anew: the events of that mode were passed over until then.
    """
    since = _since()
    newest, after, failed = since, "", []
    while True:
        run.pace()
        try:
            wanted = payments.APPLIED | memberships.MADE_ELSEWHERE
            page = fetch_events(wanted, since=since, after=after)
        except StripeUnavailable:
            run.note_unreachable("Stripe's list of events can't be read")
            return False
        except StripeRefused as refusal:
            run.note(Reconciled.FAILED, f"Stripe's list of events: {refusal}")
            return False
        failed += [_dated(event) for event in _unknown(page.events) if not _receive(run, event)]
        if not page.has_more:
            break
        newest, after = max(newest, _dated(page.events[0])), page.events[-1]["id"]
    newest = max([newest, *(_dated(event) for event in page.events)])
    if not run.is_dry:
        known = {"read_until": min([newest, *failed]), "livemode": is_live()}
        Backfill.objects.update_or_create(pk=1, defaults=known)
        note_clocks(page.clock_ahead)
    return True


def note_end() -> None:
    """Save that a run has ended now, whatever it did, for those who watch whether any does."""
    now = timezone.now()
    first = {"read_until": now - EVENTS_KEPT_BY_STRIPE, "ended_at": now}
    Backfill.objects.update_or_create(pk=1, defaults={"ended_at": now}, create_defaults=first)


def _since() -> datetime:
    oldest = timezone.now() - EVENTS_KEPT_BY_STRIPE
    # Rows of earlier versions don't say which mode they are of.
    done = Backfill.objects.exclude(livemode=not is_live()).first()
    return max(done.read_until - EVENT_LIST_OVERLAP, oldest) if done else oldest


def _dated(event: Json) -> datetime:
    return datetime.fromtimestamp(event["created"], UTC)


def _unknown(events: list[Json]) -> list[Json]:
    """Return those of ``events`` that aren't recorded here; ``retry_failed`` tries the others."""
    ids = [event["id"] for event in events]
    known = set(StripeEvent.objects.filter(event_id__in=ids).values_list("event_id", flat=True))
    return [event for event in events if event["id"] not in known]


def _receive(run: Run, event: Json) -> bool:
    """Receive one event of the list; return whether that worked."""
    if run.is_dry:
        run.note_found("event_missed", f"{event['id']}: {event['type']} is not known here")
        return True
    if handler_of(event).asks_stripe:
        run.pace()
    try:
        # The library has made numbers of prices' decimals, which Stripe sends as text.
        body = json.dumps(event, default=str)
        outcome = intake.receive(event, body=body, headers={}, is_delivery=False)
    except intake.NotApplied as failure:
        _note_failure(run, f"{event['id']}: {event['type']} could not be applied", failure.__cause__)
        return False
    if outcome == Outcome.APPLIED:
        run.note(Reconciled.EVENT_APPLIED, f"{event['id']}: {event['type']} was never delivered, applied now")
    return True
