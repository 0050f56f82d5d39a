"""The scans of an event and its no-shows as CSV, however many there are."""

from collections.abc import Iterator

from bookings.documents.csv_lines import csv_lines
from bookings.door.reports.figures import no_shows
from bookings.models import Event, Scan
from bookings.when.zones import zone_of

AT_ONCE = 2_000  # rows
SCANS = [
    *("nonce", "time", "received", "device", "person", "gate", "direction", "kind", "offline"),
    *("shown", "verdict", "seat", "name", "booking", "ticket", "note"),
]
NO_SHOWS = ["seat", "area", "name", "booking"]


def scan_lines(event: Event) -> Iterator[str]:
    """Yield a CSV of all scans at the doors of ``event``, the first one first; times are the venue's."""
    scans = Scan.objects.filter(event=event).select_related("device", "ticket__seat", "ticket__booking")
    ordered = scans.defer("ticket__qr_png").order_by("corrected_at", "pk")
    zone = zone_of(event.time_zone)
    return csv_lines(
        SCANS,
        (
            [
                scan.nonce,
                scan.corrected_at.astimezone(zone).isoformat(timespec="milliseconds"),
                scan.received_at.astimezone(zone).isoformat(timespec="milliseconds"),
                *(scan.device.name, scan.person, scan.gate, scan.direction, scan.kind),
                int(scan.was_offline),
                *(scan.shown, scan.verdict),
                *(
                    [scan.ticket.seat.label, scan.ticket.holder, scan.ticket.booking]
                    if scan.ticket
                    else [""] * 3
                ),
                *(scan.digest, scan.note),
            ]
            for scan in ordered.iterator(chunk_size=AT_ONCE)
        ),
    )


def no_show_lines(event: Event) -> Iterator[str]:
    """Yield a CSV of those who haven't come."""
    tickets = no_shows(event).iterator(chunk_size=AT_ONCE)
    return csv_lines(
        NO_SHOWS,
        ([one.seat.label, one.seat.area or "", one.holder, one.booking] for one in tickets),
    )
