"""Take back that somebody was let in by mistake. The scan stays; its entry says who took it back, and why."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.door.devices.pairing import WORKS_AFTER
from bookings.door.recording import apply, scans_of
from bookings.models import Device, Entry, Scan, Seat
from config.errors import ApiError
from waiting.publishing import publish

STEWARDS_HAVE = timedelta(seconds=60)


@transaction.atomic
def undo(device: Device, nonce: UUID, reason: str, person: str = "") -> Entry:
    """
    Take back the entry that a scan has made, and return it; once, however often it comes.

    A steward can do so with their own scans of the last minute, a supervisor with a reason and all of an
    evening, even if their device works longer. Raise ``ApiError`` if there is none, or if the device may not.
    """
    events = [event.pk for event in device.events.all()]
    scan = Scan.objects.select_related("event").filter(nonce=nonce, event__in=events).first()
    entry = Entry.objects.filter(scan=scan).first() if scan else None
    if scan is None or entry is None:
        raise ApiError(404, "unknown_scan", _("Nobody was let in by this scan."))
    if entry.seat_id:
        Seat.objects.filter(pk=entry.seat_id).lock()
    entry = Entry.objects.select_for_update(no_key=True, of=("self",)).select_related("seat").get(pk=entry.pk)
    if entry.undone_at:
        return entry
    _require_allowed(device, scan, reason)
    entry.undone_at, entry.undone_why = timezone.now(), reason
    entry.undone_by = f"{device.name}, {person}" if person else device.name
    entry.save(update_fields=["undone_at", "undone_by", "undone_why"])
    if entry.seat:
        apply(scans_of(entry.seat))
    publish(scan.event.door_topic)
    return entry


def _require_allowed(device: Device, scan: Scan, reason: str) -> None:
    if device.is_supervisors:
        if not reason:
            raise ApiError(400, "reason_needed", _("Say why."))
        if timezone.now() > scan.event.ends_at + WORKS_AFTER:
            raise ApiError(403, "too_late", _("The evening is over. Ask the box office."))
        return
    if scan.device_id != device.pk:
        raise ApiError(403, "supervisor_only", _("Another device scanned this. Ask a supervisor."))
    if timezone.now() - scan.received_at > STEWARDS_HAVE:
        raise ApiError(403, "too_late", _("This is more than a minute ago. Ask a supervisor."))
