"""Runs of glyphs: HarfBuzz joins the letters of a text and places its marks."""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import uharfbuzz
from bidi.mirror import MIRRORED
from reportlab.pdfbase.ttfonts import ShapeData, ShapedStr

from bookings.documents.typefaces import Typeface, load

FEATURES = {"kern": True, "liga": True}


class Run(NamedTuple):
    """Glyphs of one font from left to right: what ``drawString`` takes, and its width at size 1."""

    font: str
    drawn: str
    width: float


class Glyph(NamedTuple):
    """A glyph by its ``number`` in its font; how far it is moved, and how far the next one is, at size 1."""

    number: int
    x_offset: float
    y_offset: float
    advance: float


def shape(text: str, typeface: Typeface, *, is_rtl: bool) -> Run:
    """Return the glyphs of ``text``, which is in the order in which it is read."""
    if typeface.joins_letters or any(map(unicodedata.combining, text)):
        return _shape(text, typeface, "rtl" if is_rtl else "ltr")
    drawn = "".join(MIRRORED.get(char, char) for char in reversed(text)) if is_rtl else text
    return Run(typeface.name, drawn, sum(map(typeface.face.getCharWidth, map(ord, drawn))) / 1000)


def place_glyphs(run: Run) -> Iterator[Glyph]:
    """Yield the glyphs of ``run`` from left to right."""
    face = load(run.font).face
    if not isinstance(run.drawn, ShapedStr):
        for code in map(ord, run.drawn):
            yield Glyph(face.charToGlyph[code], 0, 0, face.getCharWidth(code) / 1000)
        return
    for char, at in zip(run.drawn, run.drawn.__shapeData__, strict=True):
        number = face.charToGlyph[ord(char)]
        yield Glyph(number, at.x_offset / 1000, at.y_offset / 1000, at.x_advance / 1000)


def _shape(text: str, typeface: Typeface, direction: str) -> Run:
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction  # Arabic digits run from left to right, and the guess is by script.
    uharfbuzz.shape(typeface.shaper, buffer, FEATURES)
    face = typeface.face
    scale = 1000 / face.unitsPerEm
    codes = [face.glyphToChar[info.codepoint][0] for info in buffer.glyph_infos]
    places = [
        ShapeData(
            info.cluster,
            x_advance=scale * place.x_advance,
            y_advance=scale * place.y_advance,
            x_offset=scale * place.x_offset,
            y_offset=scale * place.y_offset,
            width=face.charWidths[code],
        )
        for code, info, place in zip(codes, buffer.glyph_infos, buffer.glyph_positions, strict=True)
    ]
    drawn = ShapedStr("".join(map(chr, codes)), shapeData=places)
    return Run(typeface.name, drawn, sum(place.x_advance for place in places) / 1000)
