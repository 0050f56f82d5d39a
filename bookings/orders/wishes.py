"""What a customer asks for at one event."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from bookings.models import Booking

MAX_SEATS: int = settings.MAX_SEATS  # places of one booking
FULL_PRICE = ""  # in place of a type's slug


@dataclass(frozen=True)
class PlacesWish:
    """So many places of a standing area, by its slug, as one ``type``, by its slug."""

    area: str
    type: str
    quantity: int


@dataclass(frozen=True)
class Wish:
    """
    Chosen ``seats`` and ``places`` of standing areas, or in their stead a ``quantity`` of the best available.

    ``seats`` has the slug of the type for each label. The best available are of one ``type``, and none of
    their places costs more than ``most`` by itself, in minor units. ``code`` is as it was typed.
    """

    seats: Mapping[str, str] = field(default_factory=dict)
    places: Sequence[PlacesWish] = ()
    quantity: int = 0
    type: str = FULL_PRICE
    code: str = ""
    most: int | None = None

    @property
    def count(self) -> int:
        """For how many places it is."""
        return self.quantity or len(self.seats) + sum(places.quantity for places in self.places)

    @property
    def types(self) -> Counter[str]:
        """How many places it has of each type, by slugs."""
        counted = Counter(self.seats.values())
        for places in self.places:
            counted[places.type] += places.quantity
        if self.quantity:
            counted[self.type] += self.quantity
        return counted

    @property
    def parts(self) -> list[object]:
        """All of it in one order, for a digest."""
        places = sorted((one.area, one.type, one.quantity) for one in self.places)
        most = [] if self.most is None else [self.most]
        return [sorted(self.seats.items()), places, self.quantity, self.type, self.code, *most]


def seats_wish(labels: Sequence[str], *, code: str = "") -> Wish:
    """Return the wish for the seats with these labels at full price."""
    return Wish(seats=dict.fromkeys(labels, FULL_PRICE), code=code)


def wish_of(booking: Booking) -> Wish:
    """Return the wish for the same as ``booking`` is for: of a standing area, for any of its places."""
    seats, places = {}, Counter[tuple[str, str]]()
    for booked in booking.booked_seats.current().select_related("seat__area", "type").order_by("seat_id"):
        kind = booked.type.slug if booked.type else FULL_PRICE
        area = booked.seat.area
        if area and area.is_standing:
            places[area.slug, kind] += 1
        else:
            seats[booked.seat.label] = kind
    return Wish(
        seats=seats,
        places=[PlacesWish(area, kind, quantity) for (area, kind), quantity in places.items()],
        code=booking.code.code if booking.code else "",
    )
