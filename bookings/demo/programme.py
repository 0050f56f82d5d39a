"""What the demo's house gives: a show for each kind of house."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Show:
    """
    A description without dates, and when it is: in so many ``days``, at the time that it ``starts``.

    ``doors`` open so many minutes before. It is given on so many ``evenings`` in a row.
    """

    description: dict[str, Any]
    days: int
    starts: str
    lasts: timedelta
    doors: int = 60
    evenings: int = 1

    @property
    def slug(self) -> str:
        return str(self.description["slug"])


HOUSE = {
    "currency": "eur",
    "published": True,
    "organiser_name": "The Little Theatre",
    "organiser_email": "box-office@example.com",
    "cancellation_fee_percent": 10,
}
THEATRE = {**HOUSE, "venue": "The Little Theatre, 12 Market Street"}
CELLAR = {**HOUSE, "venue": "The Cellar, 3 Mill Lane"}
HALL = {**HOUSE, "venue": "Town Hall, Castle Square"}


def rows(names: str, seats: int, price: str) -> list[dict[str, Any]]:
    return [{"row": row, "numbers": f"1-{seats}", "price": price} for row in names]


def with_aisles(
    names: str, seats: int, price: str, *, after: tuple[int, ...], shift: int
) -> list[dict[str, Any]]:
    """Return rows that are ``shift`` half seats to the right, and have an aisle after these numbers."""
    columns = [shift + 2 * n + 2 * sum(n > aisle for aisle in after) for n in range(1, seats + 1)]
    return [{**row, "columns": columns} for row in rows(names, seats, price)]


DEMO_NIGHT = {
    **THEATRE,
    "title": "Demo Night",
    "slug": "demo-night",
    "description": "An evening that never happens, for seats that nobody sits on. Try to buy two.",
    "rows": [*rows("AB", 10, "42.00"), *rows("CDE", 12, "32.00"), *rows("FG", 14, "24.00")],
}
CLUB = {
    **CELLAR,
    "title": "Low Ceiling, Loud Night",
    "slug": "loud-night",
    "description": (
        "Three bands, one floor, no seats. The Tin Foxes play their first record from front to back; "
        "Marta Okoro and the Night Bus begin.\n\nThe floor is step-free. From the gallery "
        "you see everybody's hats."
    ),
    "areas": [
        {"slug": "floor", "name": "Floor", "kind": "standing", "capacity": 240, "price": "18.00",
         "description": "Standing, step-free."},
        {"slug": "gallery", "name": "Gallery", "kind": "standing", "capacity": 40, "price": "24.00",
         "description": "A few stools, first come, first served. Up a flight of stairs."},
    ],
    "types": [
        {"slug": "adult", "name": "Adult"},
        {"slug": "concession", "name": "Concession", "percent_off": 30, "proof": True,
         "description": "For students, pensioners, and people out of work."},
        {"slug": "early-bird", "name": "Early bird", "price": "12.00", "quota": 60, "areas": ["floor"]},
        {"slug": "crew", "name": "Friend of the band", "price": "9.00", "at_most": 2, "needs_code": True},
    ],
    "codes": [
        {"code": "TINFOX", "opens": ["crew"], "limit": 30, "note": "The band's guests"},
        {"code": "FLYER", "percent_off": 10, "note": "On the flyers in the cafés"},
    ],
}  # fmt: skip
ORCHARD = {
    **THEATRE,
    "title": "The Cherry Orchard",
    "slug": "the-cherry-orchard",
    "description": (
        "A comedy in four acts by Anton Chekhov. An estate is to be sold, everybody knows it, and nobody "
        "does anything about it. Two hours and a half, with an interval after the second act."
    ),
    "rows": [
        *with_aisles("AB", 12, "36.00", after=(6,), shift=2),
        *with_aisles("CDE", 14, "28.00", after=(7,), shift=0),
        *with_aisles("FG", 14, "19.00", after=(7,), shift=0),
    ],
    "types": [
        {"slug": "adult", "name": "Adult"},
        {"slug": "child", "name": "Child up to 14", "percent_off": 50},
        {"slug": "student", "name": "Student", "percent_off": 30, "proof": True},
    ],
}
STALLS = [
    *with_aisles("ABCDEF", 24, "58.00", after=(6, 18), shift=0),
    *with_aisles("GHJKL", 26, "46.00", after=(7, 19), shift=-2),
    *with_aisles("MN", 26, "34.00", after=(7, 19), shift=-2),
]
BALCONY = [
    *with_aisles("AB", 29, "40.00", after=(14,), shift=0),
    *with_aisles("CDEF", 29, "22.00", after=(14,), shift=0),
]
SYMPHONY = {
    **HALL,
    "title": "Winter Sea: the Town Orchestra",
    "slug": "winter-sea",
    "description": (
        "Debussy's La Mer, Britten's Four Sea Interludes, and a new piece for two hundred paper boats by "
        "Ines Halloran. Ninety people on the stage, and one of them plays the wind."
    ),
    "areas": [
        {"slug": "stalls", "name": "Stalls", "kind": "seated", "rows": [
            *STALLS[:-1], {**STALLS[-1], "notes": {"1": "wheelchair", "2": "companion",
                                                   "25": "companion", "26": "wheelchair"}},
        ]},
        {"slug": "balcony", "name": "Balcony", "kind": "seated", "description": "Up the stairs.", "rows": [
            {**BALCONY[0], "notes": {"1": "restricted view", "29": "restricted view"}}, *BALCONY[1:],
        ]},
    ],
    "types": [
        {"slug": "adult", "name": "Adult"},
        {"slug": "young", "name": "Under 26", "percent_off": 50, "proof": True},
        {"slug": "carer", "name": "Carer", "price": "0.00", "areas": ["stalls"], "proof": True,
         "description": "Comes with somebody who needs a wheelchair place."},
    ],
    "codes": [{"code": "SEA-10", "amount_off": "10.00", "limit": 100, "note": "For the subscribers' letter"}],
}  # fmt: skip
PIANO = {
    **CELLAR,
    "title": "A Small Piano, Very Close",
    "slug": "small-piano",
    "description": (
        "Ruth Adeyemi plays Satie, Monk and requests, for as many people as fit around one piano with a "
        "chair each. It is always sold out, and somebody always can't come."
    ),
    "rows": [*rows("A", 8, "22.00"), *rows("B", 10, "22.00")],
}
REHEARSAL = {
    **HALL,
    "title": "Open Rehearsal",
    "slug": "open-rehearsal",
    "description": (
        "See how the paper boats are folded, and hear why the wind is difficult. Free of charge; please "
        "book, because the hall's upper floor isn't heated, and all of you must fit downstairs."
    ),
    "cancellation_fee_percent": 0,
    "areas": [
        {"slug": "downstairs", "name": "Downstairs", "kind": "standing", "capacity": 120, "price": "0.00",
         "description": "Free choice of seats, step-free."},
    ],
    "types": [
        {"slug": "visitor", "name": "Visitor", "at_most": 6},
        {"slug": "class", "name": "School class", "at_least": 10, "quota": 60},
    ],
}  # fmt: skip

PROGRAMME = [
    Show(DEMO_NIGHT, days=30, starts="20:00", lasts=timedelta(hours=2, minutes=30)),
    Show(CLUB, days=12, starts="22:00", lasts=timedelta(hours=5)),
    Show(ORCHARD, days=19, starts="19:30", lasts=timedelta(hours=2, minutes=30), doors=45, evenings=4),
    Show(SYMPHONY, days=41, starts="19:00", lasts=timedelta(hours=2)),
    Show(PIANO, days=8, starts="20:30", lasts=timedelta(hours=1, minutes=30), doors=30),
    Show(REHEARSAL, days=38, starts="11:00", lasts=timedelta(hours=2), doors=30),
]
