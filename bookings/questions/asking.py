"""What the customer of a booking is asked, and whether they have answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from bookings.models import (
    Answer,
    Booking,
    BookingStatus,
    Question,
    Seat,
    Ticket,
    TicketNames,
    TicketStatus,
)


@dataclass(frozen=True)
class Asked:
    """A ``question``, for one seat if it is per ticket, and the ``answer`` so far; empty if there is none."""

    question: Question
    seat: Seat | None
    answer: str

    @property
    def is_owed(self) -> bool:
        return self.question.required and not self.answer

    @property
    def field(self) -> str:
        """What its form field is called."""
        return f"question-{self.question.pk}" + (f"-{self.seat.pk}" if self.seat else "")


@dataclass(frozen=True)
class Asking:
    """All that the customer of a booking is asked: the names on ``tickets``, and questions."""

    names: TicketNames
    tickets: Sequence[Ticket]
    questions: Sequence[Asked]

    @property
    def is_anything(self) -> bool:
        return bool(self.tickets and (self.questions or self.names != TicketNames.OFF))

    @property
    def is_unanswered(self) -> bool:
        """Whether there is anything that wasn't answered yet, required or not."""
        has_names = self.names != TicketNames.OFF
        lacks_names = has_names and any(not ticket.name for ticket in self.tickets)
        return lacks_names or any(not asked.answer for asked in self.questions)

    @property
    def is_owed(self) -> bool:
        """Whether something that is required isn't answered yet."""
        owes_names = self.names == TicketNames.REQUIRED and any(not ticket.name for ticket in self.tickets)
        return owes_names or any(asked.is_owed for asked in self.questions)


def asking(booking: Booking) -> Asking:
    """Return what the customer of ``booking`` is asked: nothing while no ticket of it may admit."""
    event = booking.event
    names, tickets = TicketNames(event.ticket_names), _tickets(booking)
    if not tickets:
        return Asking(names, [], [])
    given = {(it.question_id, it.seat_id): it.value for it in Answer.objects.filter(booking=booking)}
    seats: list[Seat] = [ticket.seat for ticket in tickets]
    asked = [
        Asked(question, seat, given.get((question.pk, seat.pk if seat else None), ""))
        for question in event.questions.all()
        for seat in (seats if question.is_per_ticket else [None])
    ]
    return Asking(names, tickets, asked)


def _tickets(booking: Booking) -> list[Ticket]:
    """Return the tickets that admit or may again, in the order of the seats."""
    if booking.status != BookingStatus.CONFIRMED:
        return []
    living = booking.tickets.exclude(status=TicketStatus.VOID).select_related("seat", "booking")
    return list(living.defer("qr_png").order_by("seat_id"))


def is_over(booking: Booking) -> bool:
    """Return whether the event has begun, so that answers stay as they are."""
    return timezone.now() >= booking.event.starts_at
