"""What the reconciler does besides after a restore: it reads Stripe's sessions, and says when all is read."""

from django.utils import timezone

from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.metrics import Reconciled
from payments.models import Restore, open_restore
from payments.reconciliation.run import Run
from payments.restore.reading import read_sessions


def read_lost(run: Run) -> None:
    """Find what was bought after the backup, unless that is done; the first thing after a restore."""
    restore = open_restore()
    if run.is_dry or restore is None or restore.sessions_read_at:
        return
    try:
        read_sessions(restore, pace=run.pace)
    except StripeUnavailable:
        run.note_unreachable("Stripe's list of sessions can't be read")
    except StripeRefused as refusal:
        run.note(Reconciled.FAILED, f"Stripe's list of sessions: {refusal}")


def note_events_read(run: Run, *, is_read: bool) -> None:
    """Save that Stripe's events since the backup are known here."""
    if is_read and not run.is_dry:
        Restore.objects.filter(ended_at=None, events_read_at=None).update(events_read_at=timezone.now())
