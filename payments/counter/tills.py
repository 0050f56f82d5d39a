"""Tills: one person's cash drawer, from when they open it until they have counted it."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from payments.counter.holding import holds_of
from payments.counter.selling import TillClosed
from payments.models import SaleKind, Till


class StillSelling(Exception):
    """Somebody's places are held by whoever wants to close the till."""


class DifferenceUnexplained(Exception):
    """What was counted isn't what is ``expected``, and nobody says why. Amounts are in minor units."""

    def __init__(self, *, expected: int, counted: int) -> None:
        super().__init__(f"{counted - expected}")
        self.expected, self.counted = expected, counted

    @property
    def difference(self) -> int:
        return self.counted - self.expected


@dataclass(frozen=True)
class Movement:
    """How often and how much was taken and given back, in minor units."""

    sales: int = 0
    taken: int = 0
    returns: int = 0
    given_back: int = 0

    @property
    def total(self) -> int:
        return self.taken - self.given_back


@dataclass(frozen=True)
class Takings:
    """What went through a till: ``cash``, and by the ``terminal``, whose own report must say the same."""

    float: int
    cash: Movement
    terminal: Movement

    @property
    def expected(self) -> int:
        """What must be in the drawer, in minor units; negative if more was given back than there was."""
        return self.float + self.cash.total


def takings_of(till: Till) -> Takings:
    """Return what went through ``till`` so far."""
    cash, terminal = (_movement(till, kind) for kind in (SaleKind.CASH, SaleKind.TERMINAL))
    return Takings(till.float, cash, terminal)


def _movement(till: Till, kind: SaleKind) -> Movement:
    of_kind = {"number": Count("pk"), "sum": Sum("amount")}
    sold = till.sales.filter(kind=kind).order_by().aggregate(**of_kind)
    back = till.returns.filter(kind=kind).order_by().aggregate(**of_kind)
    return Movement(sold["number"], sold["sum"] or 0, back["number"], back["sum"] or 0)


def open_till_of(person: User, currency: str) -> Till | None:
    """Return the till of ``person`` that is open in ``currency``."""
    return Till.objects.filter(person=person, currency=currency, closed_at=None).first()


def open_till(person: User, currency: str, *, amount: int) -> Till:
    """Open a till with ``amount`` in it, in minor units, or return the one that is open."""
    # Of two requests at once, the second finds the first one's row: the constraint lets one be open.
    Till.objects.bulk_create([Till(person=person, currency=currency, float=amount)], ignore_conflicts=True)
    return Till.objects.get(person=person, currency=currency, closed_at=None)


@transaction.atomic
def close_till(till: Till, *, counted: int, note: str, signature: str) -> Till:
    """
    Close ``till``, in which so much was ``counted`` by who signs, and return it.

    Sales into it wait for this, and find it closed; those before it are expected to be in it. Raise
    ``TillClosed`` if it was closed before, ``StillSelling`` while its person holds places for somebody, who
    may be paying, and ``DifferenceUnexplained`` if too much or too little is in it and ``note`` is empty.
    """
    locked = Till.objects.select_for_update(no_key=True).get(pk=till.pk)
    if not locked.is_open:
        raise TillClosed
    if holds_of(locked.person, locked.currency).exists():
        raise StillSelling
    expected = takings_of(locked).expected
    if counted != expected and not note:
        raise DifferenceUnexplained(expected=expected, counted=counted)
    locked.expected, locked.counted, locked.note, locked.signature = expected, counted, note, signature
    locked.closed_at = timezone.now()
    locked.save(update_fields=["expected", "counted", "note", "signature", "closed_at"])
    return locked
