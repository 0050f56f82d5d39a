"""
Record what devices have scanned: who was let in, and who shouldn't have been.

One lock, that of the seat, which refunds and new names take as well: so a scan comes before or after them,
and never between. What a device has done without a network is a fact, and is recorded whatever it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.door.attempts import Attempt
from bookings.door.devices.authentication import event_of
from bookings.door.judging import Found, Judgement, judge, who_is_inside
from bookings.door.metrics import count_scan
from bookings.door.passages import PASSED, Stay, has_passed, stays
from bookings.door.statements import PASSING, SCANS, SEAT, TICKET
from bookings.models import Conflict, Device, Direction, Entry, Event, Scan, Seat, Ticket
from bookings.models.ticket import DIGEST
from bookings.tickets.tokens import Claim, digest
from config.database.compiled import insert
from config.errors import ApiError
from waiting.publishing import publish

RECENT = timedelta(seconds=30)  # A device may have shown one of these just now.
scan_has_entry: Any = Scan._meta.get_field("entry")


@dataclass(frozen=True)
class Recorded:
    """
    A scan that is stored, and what there is to say of it.

    ``inside`` is the scan of who had the seat. ``is_reused``: another scan had this nonce already.
    """

    scan: Scan
    message: str
    ticket: Ticket | None
    inside: Scan | None
    is_reused: bool = False


def record(device: Device, attempt: Attempt) -> Recorded:
    """
    Store an attempt, and who it lets in; once, however often and at how many times at once it comes.

    Raise ``ApiError`` if it can't be taken: then nothing is stored.
    """
    claim = attempt.claim()
    event = working_event(device, attempt.event_id, claim.event_id if claim else None, attempt.at)
    _require_allowed(device, attempt, event)
    try:
        with transaction.atomic():
            recorded = _record(device, attempt, event, claim)
        count_scan(recorded.scan)
        return recorded
    except IntegrityError:
        known = Scan.objects.select_related("event").filter(nonce=attempt.nonce).first()
        if known is None:
            raise
    is_same = known.content == attempt.content and known.device_id == device.pk
    if is_same and not _has_passed_since(known, attempt):
        return repeat(known, attempt)
    return _record_apart(device, attempt)


def _has_passed_since(known: Scan, attempt: Attempt) -> bool:
    """Return whether the refusal was lost on its way, and the device has let somebody pass by itself."""
    told = PASSED[attempt.direction]
    return attempt.is_offline and attempt.shown in told and not (known.was_offline or has_passed(known))


def repeat(known: Scan, attempt: Attempt) -> Recorded:
    """Return what was said of a scan that is stored already: the same verdict, whatever is true by now."""
    with transaction.atomic():
        found = _find(known.device, attempt, attempt.claim())
        earlier = Found(found.ticket, [scan for scan in found.scans if scan.pk < known.pk], found.is_signed)
        judged = judge(replace(attempt, at=known.corrected_at), earlier, known.event, known.device)
        is_true = judged.verdict == known.verdict  # Its ticket may have been stopped since then.
        message = judged.message if is_true else str(known.get_verdict_display())
        return Recorded(known, message, found.ticket, who_is_inside(attempt, earlier))


def _record_apart(device: Device, attempt: Attempt) -> Recorded:
    """Store what came with another scan's nonce under one of its own, the same each time."""
    apart = uuid5(attempt.nonce, f"{device.pk}:{attempt.content}")
    return replace(record(device, replace(attempt, nonce=apart)), is_reused=True)


def working_event(device: Device, said: int | None, of_token: int | None, at: datetime) -> Event:
    """
    Return the event at whose door the device works.

    It is what it has ``said``, else the ticket's own if the device is for it, else the nearest one to ``at``.
    """
    if said is not None:
        return event_of(device, said)
    theirs = {event.pk: event for event in device.events.all()}
    if of_token in theirs:
        return theirs[of_token]
    if not theirs:
        raise ApiError(403, "not_your_event", _("This device isn’t paired for any event."))
    return min(theirs.values(), key=lambda event: (abs(event.starts_at - at), event.pk))


def _require_allowed(device: Device, attempt: Attempt, event: Event) -> None:
    if attempt.is_offline:
        return  # It has happened.
    if attempt.direction == Direction.OUT and not event.reentry:
        raise ApiError(400, "no_reentry", _("Guests can’t leave and come back at this event."))
    if attempt.override and not device.is_supervisors:
        raise ApiError(403, "supervisor_only", _("Only a supervisor can do this."))


def _record(device: Device, attempt: Attempt, event: Event, claim: Claim | None) -> Recorded:
    found = _find(device, attempt, claim)
    if not attempt.is_offline:  # It counts from when the seat was its own, whoever came first.
        attempt = replace(attempt, at=timezone.now())
    judged = judge(attempt, found, event, device)
    scan = _scan(device, attempt, event, found, judged)
    insert(scan)
    if found.ticket is None:
        if found.is_signed and _has_let_in(scan):
            Entry.objects.create(
                event=event, scan=scan, entered_at=scan.corrected_at, conflict=Conflict.YOUNGER
            )
            publish(event.door_topic)
    elif found.ticket.seat.event_id == event.pk and apply([*found.scans, scan]):
        publish(event.door_topic)
    return Recorded(scan, judged.message, found.ticket, who_is_inside(attempt, found))


def _has_let_in(scan: Scan) -> bool:
    """Return whether somebody was let in with a ticket that isn't here."""
    return scan.direction == Direction.IN and has_passed(scan)


def _find(device: Device, attempt: Attempt, claim: Claim | None) -> Found:
    """Lock the seat of the scanned ticket, and return what there is about it; no ticket if there is none."""
    if claim is None and not attempt.digest:
        return Found()
    code = claim.ticket_code if claim else _code_of(device, attempt.digest)
    if not (seats := SEAT.fetch(code)):
        return Found(is_signed=True)
    # What another transaction has done while this one waited for the seat is seen from here on.
    (ticket,) = TICKET.fetch(code)
    return Found(ticket, scans_of(seats[0]), is_signed=True)


def _code_of(device: Device, wanted: str) -> str:
    """Return the code of the ticket that the device knows by this digest; "" if there is none."""
    known = Ticket.objects.alias(digest=DIGEST).filter(digest=wanted)
    theirs = known.filter(seat__event__in=[event.pk for event in device.events.all()])
    return theirs.values_list("code", flat=True).first() or ""


def scans_of(seat: Seat) -> list[Scan]:
    """
    Return the scans of a seat by which somebody may have passed, and those of the last seconds.

    Those whose entries were undone are left out. They come with their tickets and entries.
    """
    recent = timezone.now() - RECENT
    return [scan for scan in SCANS.fetch(*PASSING, recent, seat.pk) if not _is_undone(scan)]


def _is_undone(scan: Scan) -> bool:
    entry = entry_of(scan)
    return entry is not None and entry.undone_at is not None


def entry_of(scan: Scan) -> Entry | None:
    return getattr(scan, "entry", None)


def apply(scans: Sequence[Scan]) -> bool:
    """Make the entries of a seat, which is locked, what its ``scans`` say; return whether any has changed."""
    changed = [entry for stay in stays(scans) if (entry := _entry(stay))]
    for entry in sorted(changed, key=lambda entry: entry.is_open):  # Only one may be open, at any moment.
        entry.save() if entry.pk else insert(entry)
    return bool(changed)


def _entry(stay: Stay) -> Entry | None:
    """Return the entry of a stay if it has to be saved."""
    scan, ticket = stay.scan, stay.ticket
    entry = entry_of(scan) or Entry(
        event_id=scan.event_id, seat_id=ticket.seat_id, ticket=ticket, scan=scan, entered_at=scan.corrected_at
    )
    left_by, left_at = (stay.left.pk, stay.left.corrected_at) if stay.left else (None, None)
    if entry.pk and (entry.conflict, entry.left_scan_id, entry.left_at) == (stay.conflict, left_by, left_at):
        return None
    entry.conflict, entry.left_scan, entry.left_at = stay.conflict, stay.left, left_at
    return entry


def _scan(device: Device, attempt: Attempt, event: Event, found: Found, judged: Judgement) -> Scan:
    scan = Scan(
        nonce=attempt.nonce,
        content=attempt.content,
        device=device,
        person=attempt.person,
        gate=attempt.gate or device.gate,
        event=event,
        ticket=found.ticket,
        digest=attempt.digest or (digest(found.ticket.code) if found.ticket else ""),
        direction=attempt.direction,
        kind=attempt.kind,
        scanned_at=attempt.scanned_at,
        corrected_at=attempt.at,
        was_offline=attempt.is_offline,
        shown=attempt.shown,
        verdict=judged.verdict,
        note=judged.note,
    )
    scan_has_entry.set_cached_value(scan, None)  # Nobody has to ask the database.
    return scan
