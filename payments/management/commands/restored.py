from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from bookings.money import format_money
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.management.commands.reconcile import positive
from payments.models import LostOutcome, LostSession, Restore, open_restore
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import CALLS_PER_SECOND, Run
from payments.restore.begin import AlreadyBegun, NotDone, begin, end, newest_sign
from payments.restore.memberships import rebuild_membership
from payments.restore.reading import read_sessions
from payments.restore.rebuilding import NotRebuildable, rebuild, refund

STEPS = """
begin    pause sales. Run it right after the restore, before web and worker start
read     read Stripe's sessions and events since the backup; the worker does this too
list     list sales since the backup that are missing here
rebuild  rebuild missing sales from Stripe: all, or the sessions given
refund   refund the sessions given
end      reopen sales, once everything is decided
"""


class Command(BaseCommand):
    help = "After restoring the database from a backup: recover the sales made since.\n" + STEPS

    def create_parser(self, *args: Any, **options: Any) -> Any:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("step", choices=["begin", "read", "list", "rebuild", "refund", "end"])
        parser.add_argument("sessions", nargs="*", help="ids of sessions (cs_…), for rebuild and refund")
        parser.add_argument(
            "--data-until", type=_moment, help="begin: when the backup was made (default: its newest row)"
        )
        parser.add_argument(
            "--down-since",
            type=_moment,
            help="begin: when the old shop stopped; its emails aren't sent again",
        )
        parser.add_argument(
            "--rate", type=positive, default=CALLS_PER_SECOND, help="calls per second (default: %(default)s)"
        )
        parser.add_argument(
            "--anyway", action="store_true", help="end: even if sessions are unread or undecided"
        )

    def handle(self, *args: Any, step: str, sessions: list[str], rate: float, **options: Any) -> None:
        self.rate = rate
        if step == "begin":
            return self._begin(options["data_until"], options["down_since"])
        restore = open_restore()
        if restore is None:
            raise CommandError("No restore in progress. Start one: manage.py restored begin")
        try:
            match step:
                case "read":
                    self._read(restore)
                case "list":
                    self._list(restore)
                case "rebuild":
                    self._decide(restore, sessions, _rebuild)
                case "refund" if sessions:
                    self._decide(restore, sessions, refund)
                case "refund":
                    raise CommandError("Give the sessions to refund.")
                case "end":
                    end(restore, anyway=options["anyway"])
                    self.stdout.write("Sales are open.")
        except NotDone as error:
            raise CommandError(str(error)) from error
        return None

    def _begin(self, data_until: datetime | None, down_since: datetime | None) -> None:
        try:
            restore = begin(data_until=data_until or newest_sign(), down_since=down_since)
        except AlreadyBegun as error:
            raise CommandError("A restore is already in progress. See: manage.py restored list") from error
        self.stdout.write(f"Sales are paused. The backup ends at {restore.data_until:%Y-%m-%d %H:%M:%S %Z}.")
        self.stdout.write("Start web and worker, then run: manage.py restored rebuild")

    def _read(self, restore: Restore) -> None:
        run = Run(rate=self.rate, say=self.stdout.write)
        try:
            read_sessions(restore, pace=run.pace)
        except (StripeUnavailable, StripeRefused) as error:
            raise CommandError(f"Can't read Stripe's list of sessions: {error}") from error
        reconcile(run)
        restore.refresh_from_db()
        if not restore.is_read:
            raise CommandError("Can't read Stripe's list of events.")
        self._list(restore)

    def _list(self, restore: Restore) -> None:
        for lost in restore.sessions.all():
            self.stdout.write(_line(lost))
        left = restore.sessions.undecided().count()
        if not restore.is_read:
            self.stdout.write("Stripe's lists aren't fully read yet.")
        self.stdout.write(f"{restore.sessions.count()} sessions were lost, {left} are undecided.")

    def _decide(self, restore: Restore, ids: list[str], act: Callable[[LostSession], LostSession]) -> None:
        """Do ``act`` with the sessions named, or with all that are undecided; one failure stops no other."""
        if not restore.is_read:
            self._read(restore)
        wanted = restore.sessions.filter(session_id__in=ids) if ids else restore.sessions.undecided()
        if unknown := set(ids) - {lost.session_id for lost in wanted}:
            raise CommandError(f"Not among the lost sessions: {', '.join(sorted(unknown))}")
        for lost in wanted:
            try:
                lost = act(lost)
            except (NotRebuildable, StripeUnavailable, StripeRefused) as error:
                LostSession.objects.filter(pk=lost.pk).update(error=str(error))
                lost.error = str(error)
            self.stdout.write(_line(lost))
        reconcile(Run(rate=self.rate, say=self.stdout.write))  # Their events can be applied now.
        if left := restore.sessions.undecided().count():
            raise CommandError(f"{left} sessions are still undecided.")
        self.stdout.write("Everything is decided. Reopen sales: manage.py restored end")


def _rebuild(lost: LostSession) -> LostSession:
    return rebuild_membership(lost) if lost.is_membership else rebuild(lost)


def _line(lost: LostSession) -> str:
    what = "membership" if lost.is_membership else f"{lost.event_slug} {lost.seats}".strip()
    price = format_money(lost.amount, lost.currency) if lost.currency else "–"
    outcome = LostOutcome(lost.outcome).label
    facts = [lost.session_id, f"{lost.opened_at:%m-%d %H:%M}", lost.state, price, what, lost.email]
    return f"{'  '.join(facts)}: {outcome}. {lost.error}".rstrip()


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return make_aware(moment) if is_naive(moment) else moment
