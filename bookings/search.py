"""Search for bookings: what staff type is read as everything that it may mean."""

import re
from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from bookings.either import either
from bookings.models import BookedSeat, Booking, Seat, Ticket
from bookings.references import REFERENCE, SPOKEN_ALPHABET

# Of each reading the newest are shown: more than anybody looks through.
MOST = 200
EVENTS = 200  # the newest, where a seat is looked for
SPOKEN_REFERENCE = re.compile(f"[{SPOKEN_ALPHABET}]{{8}}")
SEAT = re.compile(r"([A-Z]{1,10})-?(\d{1,3})")

Rows = QuerySet[Any]


def newest(readings: Sequence[Rows]) -> list[int]:
    """Return the ids of the newest rows of each reading, in no order."""
    found = [rows.order_by("-pk").values_list("pk", flat=True)[:MOST] for rows in readings]
    return list(found[0].union(*found[1:])) if found else []


def read_words(typed: str, read: Callable[[str], list[Rows]], rows: Rows) -> list[Rows]:
    """
    Return the readings of ``typed`` by which a row of ``rows`` matches each of its words.

    ``read`` has those of one word, or of names, which stay together as one index has them all.
    """
    words = typed.split()
    names = [word for word in words if _is_name(word)]
    parts = [*([" ".join(names)] if names else []), *(word for word in words if not _is_name(word))]
    if len(parts) < 2:
        return [reading for part in parts for reading in read(part)]
    readings = [read(part) for part in parts]
    if not all(readings):
        return []
    return [rows.filter(reduce(and_, (either(*found) for found in readings), Q()))]


def _is_name(word: str) -> bool:
    return not re.search(r"[\d@_]", word) and not REFERENCE.fullmatch(word.upper())


def find_bookings(typed: str, among: QuerySet[Booking] | None = None) -> list[int]:
    """Return the ids of the newest bookings, ``among`` these, that match ``typed`` or each word of it."""
    readings = [*spoken(typed), *read_words(typed, read_word, Booking.objects.all())]
    if among is not None and among.query.where:  # Of all bookings, an index has the newest at once.
        readings = [among.filter(pk__in=found.values("pk")) for found in readings]
    return newest(readings)


def owners(model: type[Model], name: str, rows: Rows) -> Rows | None:
    """
    Return the rows of ``model`` that ``rows`` of a filtered list have as ``name``; None if it isn't filtered.

    What is sought is among these: the newest of all may be none that the filters let through.
    """
    if not rows.query.where:
        return None
    return model._default_manager.filter(Exists(rows.order_by().filter(**{name: OuterRef("pk")})))


def spoken(typed: str) -> list[QuerySet[Booking]]:
    """Match a ticket reference as people say and type it: ``k7qf 3mxn`` is ``K7QF-3MXN``."""
    letters = re.sub(r"[\s–-]", "", typed).upper()
    if not SPOKEN_REFERENCE.fullmatch(letters):
        return []
    return [Booking.objects.filter(ticket_reference=f"{letters[:4]}-{letters[4:]}")]


def read_word(word: str) -> list[QuerySet[Booking]]:
    """Return the bookings that are meant by a reference, an e-mail address, names, or a seat."""
    if REFERENCE.fullmatch(word.upper()):
        return [Booking.objects.filter(reference=word.upper())]
    if "@" in word[1:]:
        return [Booking.objects.addressed(word)]
    booked = [BookedSeat.objects.filter(seat__in=seats.values("pk")) for seats in labelled(word)]
    seated = [Booking.objects.filter(pk__in=seats.values("booking")) for seats in booked]
    on_tickets = Booking.objects.filter(pk__in=Ticket.objects.named(word).values("booking"))
    return [Booking.objects.named(word), on_tickets, *seated]


def labelled(word: str) -> list[QuerySet[Seat]]:
    """
    Return the newest seats with this label; its dash may be missing: ``a1`` is ``A-1``.

    Every event has one, so it is looked for at the newest events.
    """
    if not (re.search(r"\d", word) and re.search(r"[^\W\d_]", word)):
        return []
    labels = [word.upper()]
    if found := SEAT.fullmatch(word.upper()):
        labels.append(f"{found[1]}-{found[2]}")
    seats = Seat.objects.order_by("-pk")
    return [seats.filter(label__iexact=label)[:EVENTS] for label in dict.fromkeys(labels)]
