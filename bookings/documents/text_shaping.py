"""Setting lines of text in a PDF, in whatever scripts names and titles are written."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from anyascii import anyascii
from reportlab.pdfgen.canvas import Canvas

from bookings.documents.glyphs import Run, shape
from bookings.documents.typefaces import JOINERS, can_draw, choose_fonts, is_attached, load
from bookings.documents.visual_order import visual_order

LOOSE_JOINERS = re.compile(r"(?<![\w\u0300-\u1fff])[\u200c\u200d]+")
MORE = "…"
# Where Unicode adds ideographs, which an older Python takes for nothing.
NEW_IDEOGRAPHS = range(0x2A6E0, 0x34000)
BREAKS = "-\u0f0b"  # A long word may end a line after these: a hyphen, and what parts syllables in Tibetan.


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """
    Return ``text`` in lines that aren't wider than ``width`` points.

    A long word is broken after a hyphen or a syllable of Tibetan, else anywhere.
    """
    lines = [""]
    for word in legible(text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if measure(longer, font, size) <= width:
            lines[-1] = longer
        else:
            pieces = list(_break(word, font, size, width))
            lines = [line for line in lines if line] + pieces
    return lines


def fit(
    text: str, font: str, *, sizes: tuple[float, ...], width: float, lines: int
) -> tuple[float, list[str]]:
    """
    Return the largest of ``sizes`` at which ``text`` needs no more ``lines``, and these.

    Where it needs more even at the smallest, the last one ends in an ellipsis.
    """
    for size in sizes:
        wrapped = wrap(text, font, size, width)
        if len(wrapped) <= lines:
            return size, wrapped
    last = wrapped[lines - 1]
    while measure(last + MORE, font, size) > width:
        last = last[:-1]
    return size, [*wrapped[: lines - 1], last.rstrip() + MORE]


def fit_into(
    text: str, font: str, *, sizes: tuple[float, ...], width: float, height: float, leading: float
) -> tuple[float, list[str]]:
    """Return the largest of ``sizes`` at which ``text`` fits into ``height`` points, and its lines."""
    for size in sizes:
        lines = int(height / (size * leading))
        if len(wrap(text, font, size, width)) <= lines:
            break
    return fit(text, font, sizes=(size,), width=width, lines=max(1, lines))


def measure(text: str, font: str, size: float) -> float:
    """Return the width of one line, in points."""
    return size * sum(run.width for run in runs(text, font))


def draw(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """Draw one line whose left end is at ``x`` and whose foot is at ``y``."""
    for run in runs(text, font):
        canvas.setFont(run.font, size)
        canvas.drawString(x, y, run.drawn)
        x += size * run.width


def runs(text: str, font: str) -> Iterator[Run]:
    """Yield the runs of one line from left to right; each is of one font and one direction."""
    fonts = choose_fonts(text, font)
    for (name, is_rtl), places in groupby(
        visual_order(text), key=lambda place: (fonts[place.position], place.is_rtl)
    ):
        letters = [text[place.position] for place in places]
        read = "".join(reversed(letters) if is_rtl else letters)
        yield shape(read, load(name), is_rtl=is_rtl)


def legible(text: str) -> str:
    """Return ``text`` with what can be drawn: no pictures, no control characters, one space for several."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    drawable = "".join(map(_replace, composed))
    return " ".join(LOOSE_JOINERS.sub("", drawable).split())


def _replace(char: str) -> str:
    kind = unicodedata.category(char)[0]
    if char == " " or char in JOINERS:
        return char
    if kind != "C" and can_draw(char):
        return char
    # Emoji, marks and invisible characters are left out. A letter would be missed.
    return _spell(char) if kind in "LNP" or ord(char) in NEW_IDEOGRAPHS else ""


def _spell(char: str) -> str:
    """Return a letter that no font has in others: those it is made of, Latin ones, or else its number."""
    parts = unicodedata.normalize("NFKD", char)
    if all(map(can_draw, parts)):
        return parts
    return anyascii(char) or f"U+{ord(char):04X}"


def _break(word: str, font: str, size: float, width: float) -> Iterator[str]:
    piece = ""
    for char in word:
        if piece and measure(piece + char, font, size) > width and not is_attached(char):
            end = max(map(piece.rfind, BREAKS)) + 1 or len(piece)
            yield piece[:end]
            piece = piece[end:]
        piece += char
    yield piece
