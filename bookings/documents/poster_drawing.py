"""
Drawing an event's picture as a PNG: its words in front of a hall's rows, in a colour of its own.

The same words make the same bytes.
"""

import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from bookings.documents.pixels import Ink, ink
from bookings.documents.posters import HEIGHT, WIDTH, Poster
from bookings.documents.text_shaping import fit, measure
from bookings.documents.typefaces import BOLD, PLAIN, press
from branding.colours import READABLE, contrast, parse, readable_on, spell

MARGIN = 72
COLUMN = 740  # what the words are wide at most
TITLE_SIZES = (112, 100, 88, 76, 66, 58, 50, 44)
TITLE_LINES = 4
GAP, LEAD = 26, 8
TICKET = (150, 54)
BITE = 8  # radius of the half circles punched out of a ticket
ASCENT, DESCENT = 0.86, 0.26  # of a line's size; letters that need more get it

WHITE = (255, 255, 255)
PAPERS = [  # White on them has a contrast of 8:1 or more.
    *((13, 59, 102), (122, 43, 12), (0, 73, 58), (88, 37, 96)),
    *((43, 42, 38), (46, 49, 137), (116, 21, 63), (74, 74, 0)),
]
SEAT = 11  # radius
ROW = 46  # from one row to the next
COLOURS = 128
SMOOTH = 4  # times larger, before it is made small

Colour = tuple[int, int, int]

KEPT = 100  # pictures of some 25 kB


def draw_poster(poster: Poster) -> bytes:
    """Return the picture, which is drawn once a process as long as few others are asked for."""
    with press:
        return _draw(poster)


@lru_cache(KEPT)
def _draw(poster: Poster) -> bytes:
    look = hashlib.sha256(poster.look.encode()).digest()
    paper = PAPERS[look[0] % len(PAPERS)]
    picture = Image.new("RGB", (WIDTH, HEIGHT), paper)
    card = Card(parse(poster.colour))
    _hall(picture, paper, look, card)
    right = _ticket(picture, poster.shop, MARGIN, card)
    if poster.stamp:
        _ticket(picture, poster.stamp, right + GAP, card)
    foot = _foot(picture, poster, paper, card)
    _title(picture, poster.title, top=MARGIN + TICKET[1] + GAP, foot=foot)
    file = io.BytesIO()
    few = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(file, "PNG")  # A third of what all colours would take, and nobody sees a difference.
    return file.getvalue()


def _hall(picture: Image.Image, paper: Colour, look: bytes, card: "Card") -> None:
    """Draw rows of seats around a stage at the right, a few of them taken, others as in the dark."""
    seat = _seat()
    stage = (WIDTH + 40, HEIGHT * (0.25 + 0.5 * look[1] / 255))
    for number, (x, y) in enumerate(_places(stage, first=150 + look[2] % 60)):
        byte = look[3 + number % (len(look) - 3)] + 31 * number
        colour = card.colour if byte % 17 == 0 else _lighten(paper, 0.14 + 0.05 * (byte % 4))
        picture.paste(colour, (round(x) - SEAT, round(y) - SEAT), seat)


def _places(stage: tuple[float, float], first: int) -> Iterator[tuple[float, float]]:
    """Yield the middles of the seats that are on the picture and beside the words."""
    for row in range(9):
        radius = first + row * ROW
        count = int(2 * math.pi * radius / 38)
        for number in range(count):
            angle = 2 * math.pi * (number + row % 2 / 2) / count
            x, y = stage[0] + radius * math.cos(angle), stage[1] + radius * math.sin(angle)
            if MARGIN + COLUMN + 2 * SEAT < x < WIDTH + SEAT and -SEAT < y < HEIGHT + SEAT:
                yield x, y


@lru_cache(1)
def _seat() -> Image.Image:
    side = 2 * SEAT
    large = Image.new("L", (side * SMOOTH, side * SMOOTH))
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, side * SMOOTH - 1, side * SMOOTH - 1), 6 * SMOOTH, fill=255
    )
    return large.resize((side, side), Image.Resampling.BOX)


def _lighten(colour: Colour, by: float) -> Colour:
    red, green, blue = (round(part + (255 - part) * by) for part in colour)
    return red, green, blue


def _ticket(picture: Image.Image, words: str, left: int, card: "Card") -> int:
    """Draw a card of a roll of tickets that says ``words``, and return where it ends."""
    size, [line] = fit(words, BOLD, sizes=(34, 28), width=2 * TICKET[0], lines=1)
    text = ink(line, BOLD, size)
    width, height = max(TICKET[0], text.width + 2 * GAP), TICKET[1]
    large = Image.new("L", (width * SMOOTH, height * SMOOTH), 255)
    pen, bite, middle = ImageDraw.Draw(large), BITE * SMOOTH, height * SMOOTH // 2
    for edge in (0, width * SMOOTH):
        pen.ellipse((edge - bite, middle - bite, edge + bite, middle + bite), fill=0)
    picture.paste(card.colour, (left, MARGIN), large.resize((width, height), Image.Resampling.BOX))
    text.paint(picture, card.ink, left + (width - text.width) // 2, MARGIN + height // 2 + round(0.34 * size))
    return left + width


def _foot(picture: Image.Image, poster: Poster, paper: Colour, card: "Card") -> int:
    """Draw when and where it is, and return where that begins."""
    size, lines = fit(poster.venue, PLAIN, sizes=(34, 30, 26), width=COLUMN, lines=2)
    venue = Block([ink(line, PLAIN, size) for line in lines], size)
    size, lines = fit(poster.time, BOLD, sizes=(42, 38, 34), width=COLUMN, lines=2)
    time = Block([ink(line, BOLD, size) for line in lines], size)
    top = HEIGHT - MARGIN - venue.height - LEAD - time.height
    time.paint(picture, card.on(paper), top)
    venue.paint(picture, WHITE, top + time.height + LEAD)
    return top


def _title(picture: Image.Image, title: str, *, top: int, foot: int) -> None:
    """Draw the title as large as there is room for it between ``top`` and ``foot``, just above the foot."""
    room, wide = foot - GAP - top, measure(title, BOLD, 1)
    sizes = [size for size in TITLE_SIZES if wide * size <= COLUMN * TITLE_LINES] or TITLE_SIZES[-1:]
    for count in range(TITLE_LINES, 0, -1):
        block = _largest(title, sizes, count, room)
        if block.height <= room:
            break
        sizes = TITLE_SIZES[-1:]  # Some scripts have high lines.
    block.paint(picture, WHITE, foot - GAP - block.height)


def _largest(title: str, sizes: Sequence[float], count: int, room: int) -> "Block":
    """Return ``title`` in the largest of ``sizes`` that fits the room, or in the smallest."""
    while sizes:
        size, lines = fit(title, BOLD, sizes=tuple(sizes), width=COLUMN, lines=count)
        block = Block([ink(line, BOLD, size) for line in lines], size)
        if block.height <= room:
            break
        sizes = [smaller for smaller in sizes if smaller < size]
    return block


@dataclass(frozen=True)
class Card:
    """The colour of the shop's tickets, and what can be read on it."""

    colour: Colour

    @property
    def ink(self) -> Colour:
        return parse(readable_on(spell(self.colour)))

    def on(self, paper: Colour) -> Colour:
        """The same colour as a text on ``paper``; white if it can't be read there."""
        is_readable = contrast(spell(self.colour), spell(paper)) >= READABLE
        return self.colour if is_readable else WHITE


@dataclass(frozen=True)
class Block:
    """Lines of one size, below each other."""

    lines: Sequence[Ink]
    size: float

    @property
    def height(self) -> int:
        return sum(self._above(line) + self._below(line) for line in self.lines)

    def paint(self, picture: Image.Image, colour: Colour, top: int) -> None:
        for line in self.lines:
            line.paint(picture, colour, MARGIN, top + self._above(line))
            top += self._above(line) + self._below(line)

    def _above(self, line: Ink) -> int:
        return max(round(ASCENT * self.size), line.above)

    def _below(self, line: Ink) -> int:
        return max(round(DESCENT * self.size), line.below)
