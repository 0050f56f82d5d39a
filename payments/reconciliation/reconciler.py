"""
Asking Stripe about everything that waits for it, and reading the events that never arrived.

Each payment, membership and event is a piece of work of its own: whatever goes wrong with one is noted, and
the next is done all the same. Several processes may do this at once.
"""

from payments.reconciliation.backfill import read_missed, retry_failed
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.payments import abandon_unopened, check_payments
from payments.reconciliation.run import Run, StripeIsAway


def reconcile(run: Run, *, everything: bool = False) -> Run:
    """
    Bring the database to what Stripe says, and return ``run`` with its counts.

    Stripe is asked about what is due, or about all that waits for it with ``everything``. A dry run asks the
    same and writes nothing.
    """
    try:
        abandon_unopened(run)
        check_payments(run, everything=everything)
        check_memberships(run, everything=everything)
        retry_failed(run)
        read_missed(run)
    except StripeIsAway:
        run.note("stopped", "Stripe can't be reached; the rest is left for later.")
    return run
