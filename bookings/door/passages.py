"""
Who was in which seat when, from all scans of it.

Devices without a network send their scans late, in any order. So nothing here depends on the order in which
scans have arrived: the entries of a seat are worked out anew from all its scans, by the corrected time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bookings.models import Conflict, Direction, Scan, Ticket, Verdict

# What an uploaded scan may have shown for somebody to have passed. Nothing: the device doesn't say.
PASSED = {Direction.IN: ("", Verdict.ADMITTED), Direction.OUT: ("", Verdict.LEFT)}


@dataclass
class Stay:
    """
    Somebody who was let in by ``scan``, until ``left``.

    With a ``conflict``, somebody else has the seat, or nobody should.
    """

    scan: Scan
    ticket: Ticket
    conflict: str = ""
    left: Scan | None = None

    @property
    def is_open(self) -> bool:
        return self.left is None and not self.conflict


def stays(scans: Iterable[Scan]) -> list[Stay]:
    """
    Return the stays in one seat, from its scans with their tickets, without those that were undone.

    Of two who were let in at once the earlier one has the seat; the other is in conflict with it.
    """
    passages = sorted(_passages(scans), key=lambda stay: (stay.scan.corrected_at, stay.scan.nonce))
    inside: Stay | None = None
    for stay in passages:
        if stay.scan.direction == Direction.IN:
            stay.conflict = _conflict(stay, inside, passages)
            inside = inside if stay.conflict else stay
        elif inside:
            inside.left, inside = stay.scan, None
    return [stay for stay in passages if stay.scan.direction == Direction.IN]


def _passages(scans: Iterable[Scan]) -> list[Stay]:
    """Return the scans by which somebody went in or out, whatever should have been."""
    return [
        Stay(scan, scan.ticket)
        for scan in scans
        if scan.ticket is not None and scan.verdict != Verdict.WRONG_EVENT and has_passed(scan)
    ]


def has_passed(scan: Scan) -> bool:
    """Return whether the person at the door was told that they may pass."""
    if scan.was_offline:
        return scan.shown in PASSED[Direction(scan.direction)]
    return scan.verdict in (Verdict.ADMITTED, Verdict.LEFT)


def inside_now(scans: Iterable[Scan]) -> Scan | None:
    """Return the scan of who is in the seat."""
    return next((stay.scan for stay in stays(scans) if stay.is_open), None)


def inside_at(scans: Iterable[Scan], at: datetime) -> Scan | None:
    """Return the scan of who was in the seat at that time."""
    return inside_now(scan for scan in scans if scan.corrected_at <= at)


def _conflict(stay: Stay, inside: Stay | None, passages: Sequence[Stay]) -> str:
    # Without a network nobody could ask; the others were judged under the seat's lock.
    if stay.scan.was_offline and not was_valid(stay.ticket, stay.scan.corrected_at):
        entered = [other for other in passages if other.scan.direction == Direction.IN]
        others = any(other.ticket.pk != stay.ticket.pk for other in entered)
        return Conflict.RESOLD if others else Conflict.WAS_VOID
    if inside is None:
        return ""
    return Conflict.TWO_DEVICES if inside.ticket.pk == stay.ticket.pk else Conflict.RESOLD


def was_valid(ticket: Ticket, at: datetime) -> bool:
    """Return whether ``ticket`` admitted at that time; one that was on hold for a while counts as valid."""
    return ticket.stopped_at is None or at < ticket.stopped_at
