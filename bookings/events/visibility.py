"""Publish an event, and take it back."""

from collections.abc import Collection

from django.db import transaction

from bookings.events.checks import Finding, examine
from bookings.models import Booking, Event, Visibility
from waiting.publishing import publish


class NotPublishable(Exception):
    """The event has ``problems`` that customers must not meet."""

    def __init__(self, problems: list[Finding]) -> None:
        super().__init__(" ".join(problem.words for problem in problems))
        self.problems = problems


class HasCustomers(Exception):
    """The event has ``sold`` seats, and ``held`` ones that are being paid."""

    def __init__(self, *, sold: int, held: int) -> None:
        super().__init__(f"{sold} sold, {held} held")
        self.sold = sold
        self.held = held


def change_visibility(event: Event, to: Visibility, *, knowing: Collection[str] = ()) -> None:
    """
    Show ``event`` in the list, or by its address only, or make it a draft again.

    Raise ``NotPublishable`` for a draft that has problems, except in the fields in ``knowing``, and
    ``HasCustomers`` for one that is to be a draft though somebody has bought, or is paying.
    """
    with transaction.atomic():
        locked = lock_against_sales(event)
        if to == Visibility.DRAFT:
            _require_no_customers(locked)
        elif locked.is_draft and (problems := _problems(locked, knowing)):
            raise NotPublishable(problems)
        locked.visibility = to
        locked.save(update_fields=["visibility", "changed_at"])
        event.visibility = to
    publish(event.topic)


def _problems(event: Event, knowing: Collection[str]) -> list[Finding]:
    return [it for it in examine(event) if it.is_problem and it.field not in knowing]


def lock_against_sales(event: Event) -> Event:
    """
    Let nobody hold seats of ``event`` until the transaction ends, and return the event as it is.

    Whoever was first has committed, and can be counted. Who comes later waits for a seat, and then looks
    again whether the event may be sold (``bookings.seats.holds``). ``no_key``: a booking that is being
    committed refers to the event, and must not wait for this while this waits for its seats.
    """
    locked = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    list(locked.seats.locking().values_list("pk"))
    return locked


def _require_no_customers(event: Event) -> None:
    sold = event.seats.filter(booking__status="confirmed").count()
    held = event.seats.filter(booking__status="held").count()
    if sold or held or Booking.objects.occupying().filter(event=event).exists():
        raise HasCustomers(sold=sold, held=held)
