"""
Entries that were made without a network and don't fit: somebody is inside who shouldn't be, or twice.

Nothing decides them but people: whoever has seen to one says how, and it stays in the books.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.door.verdicts import say_stopped, say_unknown
from bookings.models import Conflict, Entry, Event
from bookings.models.door.entry import EntryQuerySet
from bookings.when.words import spell
from waiting.publishing import publish

ABOUT_THE_SAME = timedelta(seconds=30)


class Settlement(TextChoices):
    """How somebody at the door has dealt with a conflict."""

    SEEN = "seen", gettext_lazy("Seen, nothing to do")
    LEFT = "asked_to_leave", gettext_lazy("Asked to leave")
    OTHER_SEAT = "other_seat", gettext_lazy("Given another seat")


@dataclass(frozen=True)
class Clash:
    """A conflicting ``entry``, and the ``other`` of the same seat that it clashes with, if there is one."""

    entry: Entry
    other: Entry | None

    @property
    def is_close(self) -> bool:
        """Whether both came at about the same time: the clocks don't say who was first."""
        return self.other is not None and abs(self.entry.entered_at - self.other.entered_at) < ABOUT_THE_SAME


def clashes(event: Event, *, unsettled: bool = True) -> list[Clash]:
    """Return the conflicts of ``event``, the newest first."""
    entries = Entry.objects.unsettled() if unsettled else Entry.objects.exclude(conflict="")
    found = list(_with_places(entries.filter(event=event)).order_by("-entered_at", "-pk"))
    seats = [entry.seat_id for entry in found if entry.seat_id]
    others = _with_places(Entry.objects.counted().filter(seat__in=seats)).order_by("entered_at", "pk")
    return [Clash(entry, _nearest(entry, others)) for entry in found]


def _with_places(entries: EntryQuerySet) -> EntryQuerySet:
    return entries.select_related("seat", "ticket__booking", "scan__device").defer("ticket__qr_png")


def _nearest(entry: Entry, others: Iterable[Entry]) -> Entry | None:
    same = [other for other in others if other.seat_id == entry.seat_id and other.pk != entry.pk]
    return min(same, key=lambda other: abs(other.entered_at - entry.entered_at), default=None)


def explain(clash: Clash, event: Event) -> str:
    """Say in a sentence what doesn't fit."""
    entry = clash.entry
    if entry.ticket is None:
        return say_unknown()
    if entry.conflict == Conflict.WAS_VOID or clash.other is None:
        return (
            say_stopped(entry.ticket, event)
            if entry.ticket.stopped_for
            else str(entry.get_conflict_display())
        )
    if entry.conflict == Conflict.RESOLD:
        words = _("%(name)s is in this seat with another ticket.")
        return words % {"name": clash.other.ticket.holder if clash.other.ticket else ""}
    if clash.is_close:
        return _("Admitted twice at about the same time.")
    at = spell(clash.other.entered_at, "TIME", event.time_zone)
    return _("Already admitted at %(time)s.") % {"time": at}


@transaction.atomic
def settle(entry: Entry, how: str, reason: str, by: str) -> Entry:
    """
    Note how a conflict was dealt with, and by whom; the first word stays. Return the entry.

    ``how`` is one of ``Settlement``, or words of one's own.
    """
    label = str(dict(Settlement.choices).get(how, how))
    locked = (
        Entry.objects.select_for_update(no_key=True, of=("self",)).select_related("event").get(pk=entry.pk)
    )
    if locked.settled_at is None:
        locked.settled_at, locked.settled_by = timezone.now(), by
        locked.settled_how = f"{label}: {reason}" if reason else label
        locked.save(update_fields=["settled_at", "settled_by", "settled_how"])
        publish(locked.event.door_topic)
    return locked
