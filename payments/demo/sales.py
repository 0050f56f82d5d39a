"""Sell places of the demo's events, as the box office and customers do, without Stripe."""

from datetime import timedelta
from itertools import cycle
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from bookings.models import Booking, Event
from bookings.orders.buyers import Buyer
from bookings.orders.types import TypeSoldOut
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import AreaSoldOut, SoldOut, hold
from payments.counter.selling import sell
from payments.models import SaleKind, Till

SELLER = "demo-box-office"
FLOAT = 20_000  # minor units in the till at first
HOLD = timedelta(minutes=2)
# How much of each show is sold, in per cent of its places; of the evenings of a run, one after the other.
SOLD: dict[str, list[int]] = {
    "demo-night": [50],
    "loud-night": [30],
    "the-cherry-orchard": [70, 30, 15, 40],
    "winter-sea": [20],
    "small-piano": [100],
    "open-rehearsal": [25],
}
# What most people buy comes more often.
TYPES: dict[str, list[str]] = {
    "loud-night": ["early-bird", "adult", "concession", "early-bird", "adult"],
    "the-cherry-orchard": ["adult", "adult", "student", "adult", "child"],
    "winter-sea": ["adult", "adult", "young"],
    "open-rehearsal": ["visitor"],
}
AREAS: dict[str, list[str]] = {
    "loud-night": ["floor", "floor", "floor", "gallery"],
    "open-rehearsal": ["downstairs"],
}
NAMES = (
    *("Ada Lovelace", "Grace Hopper", "Jürgen Weiß", "Zoë Laurent", "Ngozi Eze", "Søren Holm", "Mei Tanaka"),
    *(
        "Bruno Costa",
        "Leila Haddad",
        "Tomás Novák",
        "Priya Raman",
        "Owen Pryce",
        "Ilse Brandt",
        "Samuel Okafor",
    ),
    *("Clara Fontaine", "Piotr Zieliński", "Hannah Levi", "Dario Conti", "Freya Lund", "Kofi Mensah"),
)


def sell_programme(programme: dict[str, list[Event]]) -> int:
    """Sell of each event as much as it is to have sold, unless anything of it is; return how many places."""
    seller = _seller()
    return sum(
        _sell_event(seller, show, event, per_cent)
        for show, events in programme.items()
        for event, per_cent in zip(events, SOLD[show], strict=True)
        if not event.bookings.exists()
    )


def _sell_event(seller: User, show: str, event: Event, per_cent: int) -> int:
    chance = Random(f"{show} {event.starts_at:%A}")  # noqa: S311  The same demo each time.
    names, types = cycle(chance.sample(NAMES, len(NAMES))), cycle(TYPES.get(show, [""]))
    areas = cycle(AREAS.get(show, [""]))
    free = event.seats.free().count()
    wanted, sold = free * per_cent // 100, 0
    till = _till(seller, event.currency)
    kinds = cycle([SaleKind.CASH, SaleKind.TERMINAL, SaleKind.TERMINAL])
    while sold < wanted:
        count = min(wanted - sold, chance.choice([2, 4, 4, 6, 6, 6]))
        booking = _hold(event, next(names), _wish(next(areas), next(types), count))
        if booking is None:
            break
        sell(booking, next(kinds), seller=seller, till=till)
        sold += count
    return sold


def _wish(area: str, kind: str, count: int) -> Wish:
    if not area:
        return Wish(quantity=count, type=kind)
    if area == "gallery" and kind == "early-bird":
        kind = "adult"
    return Wish(places=[PlacesWish(area, kind, count)])


def _hold(event: Event, name: str, wish: Wish) -> Booking | None:
    """Hold what is wished for, or return None if there isn't as much."""
    mailbox = "".join(letter for letter in name.lower().replace(" ", ".") if letter.isascii())
    buyer = Buyer(name, f"{mailbox}@example.com")
    try:
        return hold(event, buyer, wish, until=timezone.now() + HOLD)
    except (SoldOut, AreaSoldOut, TypeSoldOut):
        return None


def _seller() -> User:
    """Return who has sold all that: nobody who could sign in."""
    made: dict[str, Any] = {"first_name": "Box office", "is_active": False}
    seller, is_new = User.objects.get_or_create(username=SELLER, defaults=made)
    if is_new:
        seller.set_unusable_password()
        seller.save(update_fields=["password"])
    return seller


def _till(seller: User, currency: str) -> Till:
    till, _made = Till.objects.get_or_create(
        person=seller, currency=currency, closed_at=None, defaults={"float": FLOAT}
    )
    return till
