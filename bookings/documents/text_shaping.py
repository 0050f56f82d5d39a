"""
Setting lines of text in a PDF, in whatever scripts names and titles are written.

The fonts are in ``bookings/documents/fonts``, with their licences: Noto Sans, a file for each script, and for
Chinese, Japanese, Korean and signs WenQuanYi Micro Hei. A PDF carries only the glyphs that it shows.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from bidi import algorithm as bidi
from bidi.mirror import MIRRORED
from reportlab.lib.abag import ABag
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import ShapedStr, TTFont, shapeFragWord
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).resolve().parent / "fonts"
FILES = {path.stem: path for path in FONTS.rglob("*.tt[cf]")}
PLAIN, BOLD = "NotoSans-Regular", "NotoSans-CondensedBold"
REST = "wqy-microhei"

# First and last character of what a font is for. All of these scripts join or move their letters.
SCRIPTS = [
    (0x0590, 0x05FF, "NotoSansHebrew-Regular"),
    (0x0600, 0x06FF, "NotoSansArabic-Regular"),
    (0x0750, 0x077F, "NotoSansArabic-Regular"),
    (0x0780, 0x07BF, "NotoSansThaana-Regular"),
    (0x08A0, 0x08FF, "NotoSansArabic-Regular"),
    (0x0900, 0x097F, "NotoSansDevanagari-Regular"),
    (0x0980, 0x09FF, "NotoSansBengali-Regular"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi-Regular"),
    (0x0A80, 0x0AFF, "NotoSansGujarati-Regular"),
    (0x0B00, 0x0B7F, "NotoSansOriya-Regular"),
    (0x0B80, 0x0BFF, "NotoSansTamil-Regular"),
    (0x0C00, 0x0C7F, "NotoSansTelugu-Regular"),
    (0x0C80, 0x0CFF, "NotoSansKannada-Regular"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam-Regular"),
    (0x0D80, 0x0DFF, "NotoSansSinhala-Regular"),
    (0x0E00, 0x0E7F, "NotoSansThai-Regular"),
    (0x0E80, 0x0EFF, "NotoSansLao-Regular"),
    (0x1000, 0x109F, "NotoSansMyanmar-Regular"),
    (0x1780, 0x17FF, "NotoSansKhmer-Regular"),
    (0xFB1D, 0xFB4F, "NotoSansHebrew-Regular"),
    (0xFB50, 0xFDFF, "NotoSansArabic-Regular"),
    (0xFE70, 0xFEFE, "NotoSansArabic-Regular"),
]
SIMPLE = ["NotoSansArmenian-Regular", "NotoSansGeorgian-Regular", "NotoSansEthiopic-Regular", REST]
SHAPED = {font for _first, _last, font in SCRIPTS}
FEATURES = {"kern": True, "liga": True}

LEFTWARD = {"R", "AL", "AN", "RLE", "RLO", "RLI"}  # in Unicode's words
JOINERS = "\u200c\u200d"  # They say whether letters join, in Persian and in the scripts of India.
LOOSE_JOINERS = re.compile(r"(?<![\w\u0300-\u1fff])[\u200c\u200d]+")
UNKNOWN = "\ufffd"  # Instead of a letter that no font has.
MORE = "…"


class Run(NamedTuple):
    """Characters that one font draws in one direction, in the order in which they are read."""

    font: str
    text: str
    is_rightward: bool


class Place(NamedTuple):
    """Where a character is in its text, and whether it is part of something that reads to the right."""

    at: int
    is_rightward: bool


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """
    Return ``text`` in lines that aren't wider than ``width`` points.

    A long word is broken after a hyphen, else anywhere.
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


def measure(text: str, font: str, size: float) -> float:
    """Return the width of one line, in points."""
    return sum(_width(run, size) for run in _runs(text, font))


def draw(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """Draw one line whose left end is at ``x`` and whose foot is at ``y``."""
    for run in _runs(text, font):
        canvas.setFont(run.font, size)
        canvas.drawString(x, y, _set(run, size))
        x += _width(run, size)


def legible(text: str) -> str:
    """Return ``text`` with what can be drawn: no pictures, no control characters, one space for several."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    drawable = "".join(map(_replace, composed))
    return " ".join(LOOSE_JOINERS.sub("", drawable).split())


def _replace(char: str) -> str:
    kind = unicodedata.category(char)[0]
    if char == " " or char in JOINERS:
        return char
    if kind != "C" and any(_has(font, char) for font in (_own_font(char), PLAIN, *SIMPLE)):
        return char
    # Emoji, marks and invisible characters are left out. A letter is missed, so its place is marked.
    return UNKNOWN if kind in "LNP" else ""


def _break(word: str, font: str, size: float, width: float) -> Iterator[str]:
    piece = ""
    for char in word:
        if piece and measure(piece + char, font, size) > width and not _sticks(char):
            end = piece.rfind("-") + 1 or len(piece)
            yield piece[:end]
            piece = piece[end:]
        piece += char
    yield piece


def _runs(text: str, font: str) -> Iterator[Run]:
    """Yield the runs of one line from left to right."""
    fonts = _fonts(text, font)
    for (name, is_rightward), places in groupby(_order(text), key=lambda it: (fonts[it.at], it.is_rightward)):
        letters = [text[place.at] for place in places]
        yield Run(name, "".join(letters if is_rightward else reversed(letters)), is_rightward)


def _order(text: str) -> list[Place]:
    """Return where the characters of ``text`` are, in the order in which they stand on paper."""
    if LEFTWARD.isdisjoint(map(unicodedata.bidirectional, text)):
        return [Place(at, True) for at in range(len(text))]
    level = bidi.get_base_level(text)
    storage = {**bidi.get_empty_storage(), "base_level": level, "base_dir": "LR"[level]}
    bidi.get_embedding_levels(text, storage)
    for at, char in enumerate(storage["chars"]):
        char["at"] = at
        if char["ch"] in JOINERS:  # Left out otherwise; like this, they go with what they follow.
            char["type"] = char["orig"] = "NSM"
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, debug=False)
    bidi.resolve_implicit_levels(storage, debug=False)
    bidi.reorder_resolved_levels(storage, debug=False)
    return [Place(char["at"], char["level"] % 2 == 0) for char in storage["chars"]]


def _fonts(text: str, font: str) -> list[str]:
    """Return the font of each character; marks, joiners and spaces stay with what they follow."""
    fonts: list[str] = []
    for char in text:
        before = fonts[-1] if fonts else font
        if (_sticks(char) or char == " ") and (char in JOINERS or _has(before, char)):
            fonts.append(before)
        else:
            candidates = [_own_font(char) or font, font, PLAIN, *SIMPLE]
            fonts.append(next((name for name in candidates if _has(name, char)), font))
    return fonts


def _sticks(char: str) -> bool:
    return char in JOINERS or unicodedata.category(char).startswith("M")


def _own_font(char: str) -> str:
    """Return the font of the script of ``char``; nothing if it needs none of its own."""
    return next((font for first, last, font in SCRIPTS if first <= ord(char) <= last), "")


def _has(font: str, char: str) -> bool:
    return bool(font) and ord(char) in _load(font)


def _set(run: Run, size: float) -> str:
    """Return the glyphs of ``run`` as reportlab draws them: a string, or one with places for each glyph."""
    if run.font not in SHAPED and not any(map(unicodedata.combining, run.text)):
        if run.is_rightward:
            return run.text
        return "".join(MIRRORED.get(char, char) for char in reversed(run.text))
    fragment = ABag(fontName=run.font, fontSize=size)
    _width, (_fragment, shaped) = shapeFragWord([0, (fragment, run.text)], features=FEATURES, force=True)
    return str(shaped) if not isinstance(shaped, ShapedStr) else shaped


def _width(run: Run, size: float) -> float:
    shaped = _set(run, size)
    if isinstance(shaped, ShapedStr):
        return sum(glyph.x_advance for glyph in shaped.__shapeData__) * size / 1000
    return float(pdfmetrics.stringWidth(shaped, run.font, size))


@functools.cache
def _load(name: str) -> frozenset[int]:
    """Let reportlab know a font, and return the characters that it has."""
    font = TTFont(name, str(FILES[name]), shapable=name != REST)
    has = frozenset(font.face.charToGlyph)
    if name != REST:
        _name_glyphs(font)
    pdfmetrics.registerFont(font)
    return has


def _name_glyphs(font: TTFont) -> None:
    """
    Give every glyph that no character stands for a private one, in the order of the font.

    Else reportlab does so for those that it meets, and a PDF would depend on those made before it.
    """
    drawn = font.hbFont(10)
    for glyph in range(font.hbFace.glyph_count):
        if glyph not in font.face.glyphToChar:
            font.hbAddPrivate(drawn.glyph_to_string(glyph), glyph, drawn.get_glyph_h_advance(glyph))
