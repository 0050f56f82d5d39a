"""What the checks of payments and of memberships share: which are due, and what came of each."""

import logging
from collections.abc import Callable, Iterator

from django.db import OperationalError
from django.utils import timezone

from config.database.trouble import Trouble, trouble_of
from payments.gateway.errors import StripeUnavailable, problem_from
from payments.metrics import Reconciled
from payments.models import Checked, CheckedAtStripeQuerySet
from payments.reconciliation.run import Run

logger = logging.getLogger(__name__)


def due(run: Run, rows: CheckedAtStripeQuerySet[Checked], *, everything: bool) -> Iterator[Checked]:
    """
    Yield those of ``rows`` that are due, the most overdue first, unless another process checks them.

    With ``everything``, also those that aren't due yet. A dry run claims nothing.
    """
    now = timezone.now()
    waiting = rows.to_check() if everything else rows.to_check().due(now)
    ids = list(waiting.order_by("next_check_at", "pk").values_list("pk", flat=True))
    for number, pk in enumerate(ids, 1):
        row = rows.get(pk=pk)
        if run.is_dry or _claim(row):
            yield row
        if number % 100 == 0:
            run.say(f"{number} of {len(ids)} {rows.model.__name__.lower()}s")


def _claim(row: Checked) -> bool:
    """Return whether this process is to check ``row``; not while somebody keeps it locked."""
    try:
        return row.claim_check()
    except OperationalError as error:
        if trouble_of(error) != Trouble.SLOW:
            raise
        logger.warning("is locked, left for later", extra={"payment": row.reference})
        return False


def check(run: Run, row: Checked, ask: Callable[[Checked], Checked], *, counts_as: Reconciled) -> None:
    """
    Call ``ask`` with ``row``, and count the outcome; that it was asked ``counts_as`` that.

    One row that can't be checked must not keep the others from it. So this only raises ``StripeIsAway``, if
    Stripe hasn't answered several times in a row.
    """
    before = row.status
    try:
        row = ask(row)
    except StripeUnavailable as error:
        _keep_problem(row, error)
        run.note_unreachable(f"{row.reference}: can't reach Stripe, unchanged")
    except Exception as error:
        logger.exception("could not be checked", extra={"payment": row.reference})
        _keep_problem(row, error)
        run.note(Reconciled.FAILED, f"{row.reference}: {error!r}")
    else:
        run.failures_in_a_row = 0
        run.note(counts_as)
        if row.status != before:
            run.note(Reconciled.SETTLED, f"{row.reference}: {before} → {row.status}")


def _keep_problem(row: Checked, error: Exception) -> None:
    """Note why ``row`` couldn't be checked, unless that can't be written either, as while it is locked."""
    try:
        row.keep_check_problem(*problem_from(error))
    except OperationalError as locked:
        if trouble_of(locked) != Trouble.SLOW:
            raise
        logger.warning("the problem can't be kept: %s", locked, extra={"payment": row.reference})
