"""One card of the programme: an event, or the dates of a production together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Exists, F, OuterRef
from django.utils.text import Truncator

from bookings.models import Event, EventChange, Production, SaleStatus
from bookings.models.event import EventQuerySet
from bookings.orders.offers import FEW
from bookings.seats.kept import offer_end

# Of a run's dates the one in the first of these states says how the run is sold.
SALES = [
    *(SaleStatus.OPEN, SaleStatus.UPCOMING, SaleStatus.SOON, SaleStatus.SOLD_OUT),
    *(SaleStatus.CLOSED, SaleStatus.CALLED_OFF, SaleStatus.OVER),
]
SUMMARY = 160  # characters
CHIPS = 4  # dates of a run that are named; the page of the production has all


def readable(events: EventQuerySet) -> EventQuerySet:
    """Return ``events`` with what cards say of them, besides their prices."""
    moved = EventChange.objects.filter(event=OuterRef("pk")).exclude(starts_before=F("starts_after"))
    return events.with_availability().annotate(has_new_date=Exists(moved)).select_related("production")


@dataclass(frozen=True)
class Card:
    """
    The ``events`` that a card stands for, the earliest first, as they are ``at`` a time.

    They are ``readable`` and were given their prices.
    """

    events: Sequence[Event]
    at: datetime

    @property
    def event(self) -> Event:
        """The next of its dates that takes place; if none does, the first."""
        return next((event for event in self.events if not event.is_cancelled), self.events[0])

    @property
    def production(self) -> Production | None:
        """What it shows the dates of, if it has several."""
        return self.events[0].production if len(self.events) > 1 else None

    @property
    def pictured(self) -> Event | Production:
        """What its picture is of: the production, if that has one; else the event."""
        run = self.production
        return run if run and run.picture_id else self.event

    @property
    def has_new_date(self) -> bool:
        """Whether it takes place, on another date than was announced."""
        return getattr(self.event, "has_new_date", False) and not self.event.is_cancelled

    @property
    def summary(self) -> str:
        """What it is about, in a sentence or two."""
        if self.event.summary:
            return self.event.summary
        about = self.production or self.event
        return Truncator(" ".join(about.description.split())).chars(SUMMARY, truncate="…")

    @property
    def chips(self) -> Sequence[Event]:
        return self.events[: len(self.events) if len(self.events) <= CHIPS + 1 else CHIPS]

    @property
    def more(self) -> int:
        """How many of its dates aren't among the ``chips``."""
        return len(self.events) - len(self.chips)

    @property
    def venues(self) -> list[str]:
        return list(dict.fromkeys(event.venue for event in self.events))

    @property
    def sale(self) -> SaleStatus:
        return min(self._sales, key=SALES.index)

    @property
    def left(self) -> int:
        """How many tickets are left of those dates that are on sale."""
        return sum(event.seats_free for event in self._sold)  # type: ignore[attr-defined]

    @property
    def has_few(self) -> bool:
        """Whether so few tickets are left that their number says less than that."""
        total = sum(event.seats_total for event in self._sold)  # type: ignore[attr-defined]
        return self.left <= FEW or self.left * 10 < total

    @property
    def currency(self) -> str:
        return self._sold[0].currency

    @property
    def price_from(self) -> int | None:
        """The lowest price in minor units; None without any, or if the dates differ in their currency."""
        prices = [event.price_from for event in self._sold if event.price_from is not None]
        return min(prices, default=None) if len({event.currency for event in self._sold}) == 1 else None

    @property
    def price_to(self) -> int | None:
        return max((event.price_to for event in self._sold if event.price_to is not None), default=None)

    @property
    def on_sale_first(self) -> Event:
        """Of dates that aren't on sale yet, that with the earliest sale."""
        return min(self._sold, key=lambda event: event.sales_from)

    @property
    def opens_this_week(self) -> bool:
        """Whether a weekday is enough to say when the sale begins."""
        return self.on_sale_first.sales_from - self.at < timedelta(days=6)

    @property
    def has_waiting_list(self) -> bool:
        """Whether one can wait for tickets, once it is sold out."""
        return any(offer_end(event, self.at) for event in self._sold)

    @cached_property
    def _sold(self) -> list[Event]:
        """The dates that are sold as the card says."""
        return [event for event, sale in zip(self.events, self._sales, strict=True) if sale == self.sale]

    @cached_property
    def _sales(self) -> list[SaleStatus]:
        return [event.sale for event in self.events]  # The clock might decide anew, asked again.
