"""Keep what a customer has answered, and put the names on their tickets."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from bookings.models import Answer, Booking, Ticket
from bookings.questions.asking import Asked, asking, is_over
from bookings.tickets.renaming import rename


class TooLate(Exception):
    """The event has begun, so nothing is changed any more."""


@transaction.atomic
def answer(booking: Booking, *, names: Mapping[int, str], answers: Mapping[str, str]) -> None:
    """
    Keep the ``names`` by the ids of seats, and the ``answers`` by the names of their form fields.

    What isn't asked, such as for a ticket that was given back meanwhile, is left out, and an empty name
    leaves the ticket as it is. Raise ``TooLate`` or ``NotRenamable``; then nothing is kept.
    """
    locked = Booking.objects.select_for_update(no_key=True).select_related(None).get(pk=booking.pk)
    if is_over(locked):
        raise TooLate
    asked = asking(locked)
    for ticket in asked.tickets:
        name = names.get(ticket.seat_id, "")
        if name and name != ticket.name:
            _name(ticket, name)
    for one in asked.questions:
        if one.field in answers and answers[one.field] != one.answer:
            _keep(locked, one, answers[one.field])
    locked.publish()


def _name(ticket: Ticket, name: str) -> None:
    """
    Put ``name`` on a ticket that has none; one that has another is replaced, as ``rename`` does.

    Whoever was given a ticket without a name can use it as before: nobody was promised that they can't.
    """
    if ticket.name:
        rename(ticket, name)
        return
    ticket.name = name
    ticket.save(update_fields=["name"])


def _keep(booking: Booking, one: Asked, value: str) -> None:
    Answer.objects.update_or_create(
        booking=booking,
        question=one.question,
        seat=one.seat,
        defaults={"value": value, "answered_at": timezone.now()},
    )
