"""What the demo's house gives: a show for each kind of house."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Show:
    """
    A description without dates, and when it is: in so many ``days``, at the time that it ``starts``.

    ``doors`` open so many minutes before. It is given on so many ``evenings`` in a row. ``alt`` says what its
    picture shows.
    """

    description: dict[str, Any]
    alt: str
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
    "summary": "One chair, one light, and nobody on stage. Made for trying out how tickets are bought.",
    "description": (
        "The lights go down, a chair waits on an empty stage, and that is all there is to it: this evening "
        "exists so that you can try the shop.\n\nChoose two seats, pay with a test card, and look at your "
        "tickets. Then cancel one of them, and watch the money come back."
    ),
    "rows": [*rows("AB", 10, "42.00"), *rows("CDE", 12, "32.00"), *rows("FG", 14, "24.00")],
}
CLUB = {
    **CELLAR,
    "title": "Low Ceiling, Loud Night",
    "slug": "loud-night",
    "summary": "The Tin Foxes play their first record from front to back. Three bands, one floor, no seats.",
    "description": (
        "Ten years after it came out, the Tin Foxes play “Low Ceiling” from the first song to the last, in "
        "the cellar where they wrote it. Marta Okoro opens, and the Night Bus play until three.\n\n"
        "The floor is standing and step-free. The gallery has a few stools, and the best view of "
        "everybody’s hats."
    ),
    "areas": [
        {"slug": "floor", "name": "Floor", "kind": "standing", "capacity": 240, "price": "18.00",
         "description": "Standing, step-free."},
        {"slug": "gallery", "name": "Gallery", "kind": "standing", "capacity": 40, "price": "24.00",
         "description": "A few stools, first come, first served. Up one flight of stairs."},
    ],
    "types": [
        {"slug": "adult", "name": "Adult"},
        {"slug": "concession", "name": "Concession", "percent_off": 30, "proof": True,
"description": "For students, pensioners and anyone out of work."},
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
    "summary": "The estate has to be sold. Everyone knows it, and no one does a thing about it.",
    "description": (
        "Lyubov Ranevskaya comes home after five years. The cherry trees are in blossom, the house is full "
        "of guests, and in August it will all be auctioned off. There is a way to save it, if only somebody "
        "would listen.\n\nAnton Chekhov’s last comedy, in four acts. Two and a half hours, with an interval "
        "after the second act."
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
    "summary": "Debussy, Britten, and a new piece for orchestra and two hundred paper boats.",
    "description": (
        "Three ways to hear the sea: Debussy’s La Mer, Britten’s Four Sea Interludes, and the first "
        "performance of Ines Halloran’s Fleet, in which the audience sails paper boats over the rows.\n\n"
        "Ninety musicians are on stage, and one of them plays the wind. Two hours, with an interval."
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
         "description": "Free, for a companion of a wheelchair user."},
    ],
    "codes": [{"code": "SEA-10", "amount_off": "10.00", "limit": 100, "note": "For the subscribers' letter"}],
}  # fmt: skip
PIANO = {
    **CELLAR,
    "title": "A Small Piano, Very Close",
    "slug": "small-piano",
    "summary": "Ruth Adeyemi plays Satie, Monk and your requests. Eighteen chairs, all of them close.",
    "description": (
        "One piano in the middle of the cellar, and eighteen chairs around it. Ruth Adeyemi plays Satie, "
        "then Monk, and then whatever you ask for.\n\nIt always sells out, and someone always can’t come: "
        "join the waiting list, and we’ll email you when a chair is free."
    ),
    "rows": [*rows("A", 8, "22.00"), *rows("B", 10, "22.00")],
}
REHEARSAL = {
    **HALL,
    "title": "Open Rehearsal",
    "slug": "open-rehearsal",
    "summary": "A morning with the orchestra, three days before Winter Sea. Free; fold your own boat.",
    "description": (
        "See how a piece comes together: what the conductor stops for, why the wind is so hard to play, and "
        "how two hundred paper boats are folded. Children are welcome, and so are questions.\n\nAdmission is "
        "free. Please book, as there is only room for 120 of you downstairs."
    ),
    "cancellation_fee_percent": 0,
    "areas": [
        {"slug": "downstairs", "name": "Downstairs", "kind": "standing", "capacity": 120, "price": "0.00",
         "description": "Sit where you like. Step-free."},
    ],
    "types": [
        {"slug": "visitor", "name": "Visitor", "at_most": 6},
        {"slug": "class", "name": "School class", "at_least": 10, "quota": 60},
    ],
}  # fmt: skip

PROGRAMME = [
    Show(
        DEMO_NIGHT,
        alt="An empty red chair in a spotlight, between blue curtains",
        days=30,
        starts="20:00",
        lasts=timedelta(hours=2, minutes=30),
    ),
    Show(
        CLUB,
        alt="A loudspeaker sends rings of sound over a crowd with hats, under a low brick ceiling",
        days=12,
        starts="22:00",
        lasts=timedelta(hours=5),
    ),
    Show(
        ORCHARD,
        alt="A branch of cherry blossom in front of a low sun",
        days=19,
        starts="19:30",
        lasts=timedelta(hours=2, minutes=30),
        doors=45,
        evenings=4,
    ),
    Show(
        SYMPHONY,
        alt="Paper boats, one of them red, on the waves of a winter sea",
        days=41,
        starts="19:00",
        lasts=timedelta(hours=2),
    ),
    Show(
        PIANO,
        alt="A grand piano from above, with a ring of red chairs around it, one of them free",
        days=8,
        starts="20:30",
        lasts=timedelta(hours=1, minutes=30),
        doors=30,
    ),
    Show(
        REHEARSAL,
        alt="Chairs and music stands in a bright hall, a red paper boat on the conductor’s desk",
        days=38,
        starts="11:00",
        lasts=timedelta(hours=2),
        doors=30,
    ),
]
