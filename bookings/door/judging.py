"""What a scan comes to: the first verdict that is true. Validity always comes before duplication."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bookings.door import verdicts
from bookings.door.attempts import Attempt, explain_unreadable
from bookings.door.passages import inside_at, inside_now, was_valid
from bookings.models import Device, Direction, Event, Scan, Ticket, TicketStatus, Verdict
from bookings.models.ticket import REPLACING_REASONS

AGAIN_WITHIN = timedelta(seconds=5)
# A supervisor may let somebody in all the same.
OVERRIDABLE = (Verdict.UNKNOWN, Verdict.NOT_YET, Verdict.OVER)


@dataclass(frozen=True)
class Found:
    """
    What the database knows of a scanned ticket, at a moment when its seat can't change.

    ``scans`` are those of its seat, as ``scans_of`` reads them. ``is_signed``: the token is ours, whether or
    not there is such a ticket.
    """

    ticket: Ticket | None = None
    scans: Sequence[Scan] = ()
    is_signed: bool = False


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    message: str
    note: str = ""


def judge(attempt: Attempt, found: Found, event: Event, device: Device) -> Judgement:
    """Return the verdict on an attempt, as it was ``attempt.at``, at the door of ``event``."""
    if found.ticket is None:
        judged = _of_nothing(attempt, found)
    else:
        judged = _refuse(attempt, found.ticket, event) or _pass(attempt, found, found.ticket, event, device)
    may_override = bool(attempt.override) and device.is_supervisors and attempt.direction == Direction.IN
    if may_override and judged.verdict in OVERRIDABLE:
        return Judgement(Verdict.ADMITTED, verdicts.say_admitted(), note=attempt.override)
    return judged


def _of_nothing(attempt: Attempt, found: Found) -> Judgement:
    if attempt.digest or found.is_signed:
        return Judgement(Verdict.UNKNOWN, verdicts.say_unknown())
    return Judgement(Verdict.INVALID, verdicts.say_invalid(explain_unreadable(attempt.token)))


def _refuse(attempt: Attempt, ticket: Ticket, event: Event) -> Judgement | None:
    """Return why the ticket doesn't admit to ``event`` at that time; None if it does."""
    at = attempt.at
    if ticket.seat.event_id != event.pk:
        return Judgement(Verdict.WRONG_EVENT, verdicts.say_wrong_event(ticket.seat.event))
    if not (was_valid(ticket, at) if attempt.is_offline else ticket.is_valid):
        return Judgement(stopped_verdict(ticket), verdicts.say_stopped(ticket, event))
    if attempt.direction == Direction.OUT:
        return None
    if at < event.admits_from:
        return Judgement(Verdict.NOT_YET, verdicts.say_not_yet(event))
    if at > event.admits_until:
        return Judgement(Verdict.OVER, verdicts.say_over(event))
    return None


def stopped_verdict(ticket: Ticket) -> Verdict:
    """Return the verdict on a ticket that isn't valid."""
    if ticket.stopped_for in REPLACING_REASONS:
        return Verdict.REPLACED
    return Verdict.SUSPENDED if ticket.status == TicketStatus.SUSPENDED else Verdict.VOID


def _pass(attempt: Attempt, found: Found, ticket: Ticket, event: Event, device: Device) -> Judgement:
    inside = who_is_inside(attempt, found)
    if attempt.direction == Direction.OUT:
        if inside is None:
            return Judgement(Verdict.NOT_INSIDE, verdicts.say_not_inside())
        return Judgement(Verdict.LEFT, verdicts.say_left())
    if inside is None:
        return Judgement(Verdict.ADMITTED, verdicts.say_admitted())
    if inside.ticket_id == ticket.pk and _was_just_here(attempt, found, ticket, device):
        return Judgement(Verdict.AGAIN, verdicts.say_again())
    return Judgement(Verdict.INSIDE, verdicts.say_inside(inside, ticket, event, attempt.at))


def who_is_inside(attempt: Attempt, found: Found) -> Scan | None:
    """Return the scan by which somebody has the seat: now, or at the time of what comes late."""
    return inside_at(found.scans, attempt.at) if attempt.is_offline else inside_now(found.scans)


def _was_just_here(attempt: Attempt, found: Found, ticket: Ticket, device: Device) -> bool:
    """Return whether the same device has read the same ticket within seconds before."""
    return any(
        scan.device_id == device.pk
        and (scan.ticket_id, scan.direction) == (ticket.pk, attempt.direction)
        and timedelta(0) <= attempt.at - scan.corrected_at < AGAIN_WITHIN
        for scan in found.scans
    )
