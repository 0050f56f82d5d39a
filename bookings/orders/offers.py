"""What a buyer can choose from at an event, as which ticket types, and what that costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bookings.models import Area, Event, SaleCode, Seat, TicketType
from bookings.orders.areas import with_places
from bookings.orders.codes import CodeUsedUp, UnknownCode, find_code
from bookings.orders.members import Advantage
from bookings.orders.prices import PricedSeat, TypedSeat, quote
from bookings.orders.types import kinds_in, offered_types
from bookings.orders.wishes import FULL_PRICE, MAX_SEATS

FEW = 10  # Of so many places or fewer, buyers read how many are left.


@dataclass(frozen=True)
class Choice:
    """
    A ticket type, None at full price, as which one place is sold.

    ``price`` is what that costs by itself, ``before`` what it would without the buyer's code and membership,
    both in minor units. At ``most`` so many can be chosen. ``typed`` is the number that the buyer has typed.
    """

    kind: TicketType | None
    price: int
    before: int
    most: int
    typed: str = ""
    is_chosen: bool = False

    @property
    def slug(self) -> str:
        return slug_of(self.kind)

    @property
    def few(self) -> int | None:
        """How many of the type are left, where that is worth saying."""
        left = self.kind.left if self.kind else None
        return left if left and left <= FEW else None


@dataclass(frozen=True)
class StandingOffer:
    """A standing area, of which ``free`` places are left, and as what they are sold."""

    area: Area
    free: int
    choices: list[Choice]

    @property
    def few(self) -> int | None:
        return self.free if 0 < self.free <= FEW else None


@dataclass(frozen=True)
class SeatLine:
    """A chosen seat, as what it can be sold, and its ``price`` beside all else that was chosen."""

    label: str
    choices: list[Choice]
    price: int


@dataclass
class Offer:
    """
    What ``event`` offers to one buyer, and what they have chosen.

    ``code`` is the one that counts; ``problem`` says why what was typed doesn't, in words. ``kinds`` has the
    slug of the type by the label of a seat, and ``numbers`` what was typed as quantity by the slugs of area
    and type.
    """

    event: Event
    member: Advantage | None = None
    code: SaleCode | None = None
    problem: str = ""
    chosen: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def types(self) -> list[TicketType]:
        return offered_types(self.event, is_member=self.member is not None, code=self.code)

    @cached_property
    def areas(self) -> list[Area]:
        """All areas of the event, each with its ``places``, ``free`` ones, and the ``price`` of the next."""
        return list(with_places(self.event.areas.all()))

    @cached_property
    def has_codes(self) -> bool:
        return self.event.codes.filter(is_active=True).exists()

    @property
    def has_choice(self) -> bool:
        """Whether there is more to choose from than seats at one price each."""
        return bool(self.types or self.standing)

    @cached_property
    def has_map(self) -> bool:
        """Whether there are seats to draw, or nothing else either."""
        return not self.standing or self.event.seats.drawn().exists()

    @cached_property
    def standing(self) -> list[StandingOffer]:
        return [
            StandingOffer(area, area.free, self._choices_in(area))  # type: ignore[attr-defined]
            for area in self.areas
            if area.is_standing and area.places  # type: ignore[attr-defined]
        ]

    @cached_property
    def lines(self) -> list[SeatLine]:
        """The chosen seats that can still be had."""
        priced = {one.seat.label: one.price for one in self._priced}
        return [SeatLine(seat.label, self._choices_of(seat), priced[seat.label]) for seat in self._seats]

    @cached_property
    def count(self) -> int:
        return len(self._priced)

    @cached_property
    def total(self) -> int:
        """What is chosen costs together, in minor units."""
        return sum(one.price for one in self._priced)

    def kinds_in(self, area_id: int | None) -> list[TicketType | None]:
        """Return as what places in the area with this id are sold, the usual first."""
        return kinds_in(self.types, area_id)

    @cached_property
    def costs_nothing(self) -> bool:
        """Whether nothing that can be chosen has a price."""
        return not (self.event.seats.filter(price__gt=0).exists() or any(kind.price for kind in self.types))

    @property
    def is_free(self) -> bool:
        """Whether all that is chosen costs nothing."""
        return self.costs_nothing or (bool(self.count) and not self.total)

    @property
    def best_kinds(self) -> list[TicketType | None]:
        """As what the best available seats can be sold: they may be in any area with seats."""
        seated: list[int | None] = [area.pk for area in self.areas if not area.is_standing]
        seated = seated or [None]
        return [*dict.fromkeys(kind for area_id in seated for kind in self.kinds_in(area_id))]

    @property
    def all_choices(self) -> list[Choice]:
        """Every type once, whatever a place costs, for the page's script."""
        return [Choice(kind, 0, 0, 1) for kind in (*self.types, None)]

    @cached_property
    def cheaper(self) -> list[TicketType]:
        """What the code is for, of what is offered; nothing means everything."""
        meant = self.code.types.all() if self.code else []
        return [kind for kind in self.types if kind in meant]

    @property
    def opened(self) -> list[TicketType]:
        """The types that would be hidden without the code."""
        return [kind for kind in self.types if kind.needs_code]

    @cached_property
    def _seats(self) -> list[Seat]:
        if not (self.chosen and (self.has_choice or self.code)):
            return []
        return list(self.event.seats.free().drawn().filter(label__in=self.chosen).in_row_order())

    @cached_property
    def _priced(self) -> list[PricedSeat]:
        """What is chosen, as far as it is offered, with its prices."""
        by_slug = {kind.slug: kind for kind in self.types}
        wanted = [TypedSeat(seat, self._kind_of(seat)) for seat in self._seats]
        for area in self.standing:
            for choice in area.choices:
                number = int(choice.typed) if choice.typed.isdecimal() and len(choice.typed) < 4 else 0
                place = Seat(price=area.area.price)  # type: ignore[attr-defined]
                wanted += [TypedSeat(place, by_slug.get(choice.slug))] * min(number, choice.most)
        return self._quote(wanted[:MAX_SEATS], self.code)

    def _quote(self, wanted: Sequence[TypedSeat], code: SaleCode | None) -> list[PricedSeat]:
        terms, left = (self.member.terms, self.member.left) if self.member else (None, None)
        return quote(wanted, self.event.currency, terms=terms, left=left, code=code)

    def _kind_of(self, seat: Seat) -> TicketType | None:
        kinds = self.kinds_in(seat.area_id)
        wanted = self.kinds.get(seat.label, FULL_PRICE)
        to_be_had = [kind for kind in kinds if kind is None or kind.left != 0]
        return next((kind for kind in to_be_had if slug_of(kind) == wanted), next(iter(to_be_had), None))

    def _choices_of(self, seat: Seat) -> list[Choice]:
        chosen = self._kind_of(seat)
        return [
            self._choice(kind, seat, most=1, is_chosen=kind == chosen) for kind in self.kinds_in(seat.area_id)
        ]

    def _choices_in(self, area: Area) -> list[Choice]:
        place, free = Seat(price=area.price), area.free  # type: ignore[attr-defined]
        return [
            self._choice(kind, place, most=free, typed=self.numbers.get((area.slug, slug_of(kind)), ""))
            for kind in self.kinds_in(area.pk)
        ]

    def _choice(
        self, kind: TicketType | None, place: Seat, *, most: int, typed: str = "", is_chosen: bool = False
    ) -> Choice:
        one = TypedSeat(place, kind)
        # What is taken off a whole booking isn't a place's price.
        code = self.code if self.code and self.code.percent_off is not None else None
        before = kind.price_of(place.price, self.event.currency) if kind else place.price
        limits = [limit for limit in ((kind.left, kind.at_most) if kind else ()) if limit is not None]
        (priced,) = self._quote([one], code)
        return Choice(kind, priced.price, before, min(most, MAX_SEATS, *limits), typed, is_chosen)


def typed_code(event: Event, typed: str) -> tuple[SaleCode | None, UnknownCode | CodeUsedUp | None]:
    """Return the code of ``event`` that was typed, or why it can't be used; neither if nothing was typed."""
    if not typed.isprintable():
        return None, UnknownCode("")
    try:
        code = find_code(event, typed)
    except UnknownCode as problem:
        return None, problem
    return (None, CodeUsedUp(code.code)) if code and code.is_used_up else (code, None)


def slug_of(kind: TicketType | None) -> str:
    """Return what a form or a request calls ``kind``; nothing at full price."""
    return kind.slug if kind else FULL_PRICE
