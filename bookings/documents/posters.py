"""
What the picture of an event says, which link previews and search engines show.

It is put together before anything is drawn (``poster_drawing``), so that it has an entity tag first.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from django.utils.translation import pgettext

from bookings.models import Event, Production
from bookings.when.words import spell_span
from branding.colours import by_night
from branding.models import shop

DRAWN_LIKE_THIS = 2  # To be raised when pictures are drawn differently, so that others ask for the new ones.
WIDTH, HEIGHT = 1200, 630  # pixels, the proportion that all previews take


@dataclass(frozen=True)
class Poster:
    """What a picture says. Pictures of one ``look`` have their colour and pattern in common."""

    title: str
    time: str
    venue: str
    stamp: str
    look: str
    shop: str
    colour: str  # The shop's brand, as #rrggbb.

    @property
    def words(self) -> str:
        """What it says, for those who don't see it."""
        return ", ".join(filter(None, (self.title, self.time, self.venue, self.stamp)))

    @property
    def tag(self) -> str:
        """A short digest of all that decides how it looks."""
        said = repr((DRAWN_LIKE_THIS, astuple(self)))
        return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]


def poster_of(event: Event) -> Poster:
    """Return the picture of ``event``, its words in the active language."""
    return Poster(
        title=event.title,
        time=spell_span(event, "WEEKDAY_DATE_TIME"),
        venue=event.venue,
        stamp=pgettext("event", "Cancelled") if event.is_cancelled else "",
        look=f"production {event.production_id}" if event.production_id else f"event {event.pk}",
        **_of_shop(),
    )


def poster_of_production(production: Production, events: Iterable[Event]) -> Poster:
    """Return the picture of ``production``, whose dates ahead are ``events``, the earliest first."""
    days = list(dict.fromkeys(spell_span(event, "DATE") for event in events))
    venues = {event.venue for event in events}
    return Poster(
        title=production.title,
        time=" – ".join(days[:1] + days[1:][-1:]),
        venue=venues.pop() if len(venues) == 1 else "",
        stamp="",
        look=f"production {production.pk}",
        **_of_shop(),
    )


def _of_shop() -> dict[str, str]:
    house = shop()
    return {"shop": house.name, "colour": by_night(house.brand_colour, house.action_colour).brand}
