"""
Asks Stripe about everything that waits for it, and reads the events that never arrived.

If one payment, membership or event fails, that is counted and the next one is done. Several processes may do
this at once.
"""

from payments.metrics import Reconciled
from payments.reconciliation.backfill import note_end, read_missed, retry_failed
from payments.reconciliation.counter import end_lapsed_holds
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.payments import abandon_unopened, check_payments, close_idle
from payments.reconciliation.refused import try_refused
from payments.reconciliation.restore import note_events_read, read_lost
from payments.reconciliation.run import Run, StripeIsAway


def reconcile(run: Run, *, everything: bool = False) -> Run:
    """
    Bring the database up to date with Stripe, and return ``run`` with its counts.

    Stripe is asked about what is due; with ``everything``, about all that waits for it. A dry run asks the
    same and writes nothing.
    """
    end_lapsed_holds(run)
    try:
        read_lost(run)
        abandon_unopened(run)
        check_payments(run, everything=everything)
        close_idle(run)
        check_memberships(run, everything=everything)
        retry_failed(run)
        note_events_read(run, is_read=read_missed(run))
        try_refused(run)
    except StripeIsAway:
        run.note(Reconciled.STOPPED, "Can't reach Stripe. The rest is left for the next run.")
    if not run.is_dry:
        note_end()
    return run
