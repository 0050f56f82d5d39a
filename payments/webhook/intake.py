"""What becomes of an event that Stripe sent: evidence first, effects second."""

import logging
import traceback
from functools import partial
from typing import Any

from django.db import InterfaceError, NotSupportedError, OperationalError, transaction
from prometheus_client import Counter

from config.database.trouble import Trouble, trouble_of
from payments import metrics
from payments.gateway.errors import OtherMode, StripeRefused, StripeUnavailable
from payments.gateway.event_objects import parse_event
from payments.gateway.objects import Json
from payments.models import Outcome, StripeEvent
from payments.models.stripe_event import Owner
from payments.webhook import handlers
from payments.webhook.foreign import FOREIGN, Stranger, stranger_of
from payments.webhook.handlers import Handler, Owed
from payments.webhook.routing import handler_of
from payments.webhook.thin import fill_in

logger = logging.getLogger(__name__)

DUPLICATE = "duplicate"
RECEIVED = Counter("admit_webhook_events", "Signed events received from Stripe.", ["outcome"])
# Whose an event is can't be found out yet.
NOT_KNOWN = (StripeUnavailable, Owed)
DATABASE_AWAY = (OperationalError, InterfaceError)


class NotApplied(Exception):
    """An event of ours was recorded, but its effects failed and rolled back: something is still owed."""


def receive(event: Json, *, body: str, headers: dict[str, str], is_delivery: bool = True) -> str:
    """
    Record a verified event, then apply it once, however often and at once it is delivered.

    Return ``applied``, ``duplicate`` or ``ignored``. The record commits on its own, so that a failure leaves
    its traceback for staff; the effects commit together with the mark that they are done, so that Stripe's
    next delivery starts from nothing. An event that isn't ours is counted and not kept. One that may be is
    kept, if nobody can read whose it is. Nothing is owed for one that is done, whatever is wrong with this
    delivery.

    Raise ``NotApplied`` if the effects failed, or if it couldn't be found out whose event it is.
    """
    if stranger := stranger_of(event):
        return _pass_over(stranger)
    keep = partial(StripeEvent.objects.record, body=body, headers=headers, is_delivery=is_delivery)
    try:
        full = fill_in(event)
        handler = handler_of(full)
        owner = handler.find_owner(full)
        is_ours = owner is not None or handler.claims(full)
    except NOT_KNOWN as error:
        if not StripeEvent.objects.decided().filter(event_id=event["id"]).exists():
            raise NotApplied from error
        keep(event)
        return _count(DUPLICATE)
    except DATABASE_AWAY:  # Nothing can be kept.
        raise
    except Exception as error:  # Of a shape that Stripe doesn't use: it may be ours, so it is kept.
        return _fail(keep(event), None, error)
    if not is_ours:
        return _pass_over(Stranger.SHOP)
    return _apply(keep(full), full, handler, owner)


def _pass_over(stranger: Stranger) -> str:
    FOREIGN.labels(stranger).inc()
    return _count(Outcome.IGNORED.value)


def apply_again(record: StripeEvent) -> str:
    """
    Apply a recorded event unless that is done; return and raise what ``receive`` does.

    One that was kept though it is somebody else's, by an earlier version, rests from now on. Raise
    ``OtherMode`` if it is about the other kind of money than our key; ``StripeUnavailable`` or
    ``StripeRefused`` if Stripe has to be asked whose it is, and can't be; or ``Owed``.
    """
    event = parse_event(record.body)
    if stranger_of(event) == Stranger.MODE:
        raise OtherMode
    try:
        event = fill_in(event)
        handler = handler_of(event)
        owner = handler.find_owner(event)
        is_ours = owner is not None or record.is_owned or handler.claims(event)
    except (*NOT_KNOWN, *DATABASE_AWAY, StripeRefused):
        raise
    except Exception as error:
        return _fail(record, record.payment or record.subscription, error)
    return _apply(record, event, handler if is_ours else handlers.SOMEBODY_ELSES, owner)


def _apply(record: StripeEvent, event: Json, handler: Handler[Any], owner: Owner | None) -> str:
    """Ask Stripe if the event says too little, which no transaction may wait for; then apply it once."""
    try:
        if not record.is_decided:
            handler.ask(event, owner)
        try:
            outcome = _apply_once(record, event, handler, owner)
        except NotSupportedError:  # A migration has changed a column; the rollback has dropped the old plans.
            outcome = _apply_once(record, event, handler, owner)
        _count(outcome)
    except Exception as error:
        return _fail(record, owner, error)
    logger.info("%s: %s", record.type, outcome, extra=_about(record, owner))
    if outcome == Outcome.APPLIED and handler.is_timed:
        metrics.note_settlement(event)
    return outcome


def _keep_failure(record: StripeEvent, words: str, owner: Owner | None) -> bool:
    """
    Keep why an event failed; while its owner is locked, without whose it is, which points to that row.

    Return False if it is done already.
    """
    try:
        return record.fail(words, owner)
    except OperationalError as error:
        if trouble_of(error) != Trouble.SLOW:
            raise
        return record.fail(words, None)


@transaction.atomic
def _apply_once(record: StripeEvent, event: Json, handler: Handler[Any], owner: Owner | None) -> str:
    """Mark an event as done, with its effects; the same event delivered at once waits for the mark."""
    if not record.decide(handler.outcome, owner):
        return DUPLICATE
    applied_to = handler.apply(event, owner)
    if applied_to != owner:
        record.give_to(applied_to)
    return handler.outcome.value


def _fail(record: StripeEvent, owner: Owner | None, error: Exception) -> str:
    """
    Keep ``error`` as evidence and raise ``NotApplied``, so that the next delivery tries again.

    Return ``duplicate`` if another delivery of the event, before or at the same time, has been applied.
    """
    if not _keep_failure(record, "".join(traceback.format_exception(error)), owner):
        words = "%s is done, and nothing is owed for this failure"
        logger.warning(words, record.type, exc_info=error, extra=_about(record, owner))
        return _count(DUPLICATE)
    logger.error("%s could not be applied", record.type, exc_info=error, extra=_about(record, owner))
    _count(Outcome.FAILED.value)
    raise NotApplied from error


def _about(record: StripeEvent, owner: Owner | None) -> dict[str, str]:
    """Return what a line of the log is about."""
    return {"payment": owner.reference if owner else "", "event": record.event_id}


def _count(outcome: str) -> str:
    RECEIVED.labels(outcome).inc()
    return outcome
