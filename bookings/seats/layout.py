"""Create an event's seats, row by row."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q

from bookings.models import Event, Seat
from waiting.publishing import publish

LONGEST_ROW = 10  # characters


class SeatsExist(Exception):
    """The seats with these ``labels`` exist already."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


@transaction.atomic
def add_rows(event: Event, *, rows: Iterable[str], numbers: Sequence[int], price: int) -> int:
    """
    Add a seat for each of ``numbers`` to each of ``rows`` at ``price`` (minor units); return how many.

    Seat 1 of row A is labelled ``A-1``. Raise ``SeatsExist``, and add none, if a seat with one of the labels
    or places exists already.
    """
    seats = [
        Seat(event=event, row=row, number=number, label=f"{row}-{number}", price=price)
        for row in rows
        for number in numbers
    ]
    # Without this lock, two requests for the same rows would both find none, and one would break a
    # constraint.
    Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    same_label = Q(label__in=[seat.label for seat in seats])
    same_place = Q(row__in={seat.row for seat in seats}, number__in=numbers)
    if existing := event.seats.filter(same_label | same_place).in_row_order():
        raise SeatsExist([seat.label for seat in existing])
    publish(event.topic)
    return len(Seat.objects.bulk_create(seats))


def parse_rows(text: str) -> list[str]:
    """Return the row names in ``text``: ``"A-C, K"`` means A, B, C, K. Raise ``ValueError`` if invalid."""
    rows: list[str] = []
    for part in (part.strip().upper() for part in text.split(",")):
        first, dash, last = part.partition("-")
        if not dash:
            rows.append(first)
        elif len(first) == len(last) == 1 and first <= last:
            rows.extend(chr(letter) for letter in range(ord(first), ord(last) + 1))
        else:
            raise ValueError(part)
    if not all(row.isalnum() and len(row) <= LONGEST_ROW for row in rows):
        raise ValueError(text)
    return list(dict.fromkeys(rows))
