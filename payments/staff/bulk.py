"""
One action for many rows, done by the worker one by one; staff can watch and cancel it.

A run is done in batches, and each is a job that enqueues the next one. They share a lock with the reconciler,
which so gets its turns, and never asks Stripe at the same time.
"""

import logging
import time
from collections import Counter

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from payments.models import Action, ActionOutcome, BulkItem, BulkRun, ItemOutcome, Payment, StripeEvent
from payments.reconciliation.run import Run
from payments.staff.actions import PERMISSIONS, execute, is_possible, version_of
from payments.staff.commands import NotPossible, StaffCommand

logger = logging.getLogger(__name__)

BATCH_SECONDS = 10


def start(
    rows: QuerySet[Payment] | QuerySet[StripeEvent], *, action: Action, actor: User, reason: str, form_id: str
) -> BulkRun:
    """
    Have ``action`` done to all ``rows``, and return the run. A form that is sent twice starts one run.

    Raise ``PermissionDenied`` if ``actor`` may not do it to a single row.
    """
    if not actor.has_perm(PERMISSIONS[action]):
        raise PermissionDenied
    try:
        with transaction.atomic():
            return _start(rows, BulkRun(action=action, actor=actor, reason=reason, form_id=form_id))
    except IntegrityError:
        return BulkRun.objects.get(form_id=form_id)


def _start(rows: QuerySet[Payment] | QuerySet[StripeEvent], run: BulkRun) -> BulkRun:
    run.save()
    name = "payment" if rows.model is Payment else "stripe_event"
    ids = rows.order_by("pk").values_list("pk", flat=True)
    BulkItem.objects.bulk_create(BulkItem(run=run, **{f"{name}_id": pk}) for pk in ids)
    _enqueue(run)
    return run


def _enqueue(run: BulkRun) -> None:
    app.configure_task("payments.tasks.continue_bulk_run", lock="reconcile").defer(run_id=run.pk)


def cancel(run: BulkRun) -> None:
    """Do no more items of ``run``; the one that is being done is finished."""
    BulkRun.objects.filter(pk=run.pk, finished_at=None, cancelled_at=None).update(cancelled_at=timezone.now())


def progress(run: BulkRun) -> Counter[str]:
    """Return how many items have each outcome."""
    counts = run.items.order_by().values_list("outcome").annotate(Count("pk"))
    return Counter(dict(counts))


def work_on(run_id: int, *, seconds: float = BATCH_SECONDS) -> None:
    """Do a batch of a run's items, and enqueue the next batch if there are any left after ``seconds``."""
    run = BulkRun.objects.select_related("actor").get(pk=run_id)
    pace, until = Run(), time.monotonic() + seconds
    waiting = run.items.filter(outcome=ItemOutcome.WAITING)
    for pk in list(waiting.values_list("pk", flat=True)):
        item = BulkItem.objects.select_related("payment__booking", "stripe_event").get(pk=pk)
        if BulkRun.objects.filter(pk=run_id, cancelled_at__isnull=False).exists():
            run.items.filter(outcome=ItemOutcome.WAITING).update(outcome=ItemOutcome.CANCELLED)
            break
        if time.monotonic() > until:
            _enqueue(run)
            return
        pace.pace()
        _do(run, item)
    BulkRun.objects.filter(pk=run_id, finished_at=None).update(finished_at=timezone.now())


def _do(run: BulkRun, item: BulkItem) -> None:
    """Do the action to one item. Its form's id makes that one action, even if the process dies in between."""
    before = version_of(item.payment) if item.payment else ""
    try:
        outcome, words = _execute(run, item)
    except Exception as error:  # One failure must not stop the other items.
        if not isinstance(error, NotPossible):
            about = {"payment": item.payment.reference if item.payment else ""}
            logger.warning("bulk run %s: item %s failed: %r", run.pk, item.pk, error, extra=about)
        outcome, words = ItemOutcome.FAILED, str(error) or repr(error)
    if outcome == ItemOutcome.UNCHANGED and item.payment and version_of(item.payment) != before:
        outcome = ItemOutcome.CHANGED
    BulkItem.objects.filter(pk=item.pk).update(outcome=outcome, words=words)


def _execute(run: BulkRun, item: BulkItem) -> tuple[ItemOutcome, str]:
    action = Action(run.action)
    if item.payment and not is_possible(item.payment, action):
        raise NotPossible(_("That’s not possible for this payment right now."))
    was_decided = bool(item.stripe_event and item.stripe_event.is_decided)
    command = StaffCommand(
        action=action,
        actor=run.actor,
        reason=run.reason,
        form_id=f"bulk-{item.pk}",
        payment=item.payment,
        stripe_event=item.stripe_event,
    )
    record = execute(command)
    if record.outcome != ActionOutcome.DONE:  # It failed before; the worker died before it marked the item.
        return ItemOutcome.FAILED, record.words
    is_news = action == Action.REPLAY and not was_decided
    return (ItemOutcome.CHANGED if is_news else ItemOutcome.UNCHANGED), record.words
