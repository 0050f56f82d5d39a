"""Runs of glyphs: HarfBuzz joins the letters of a text and places its marks."""

import unicodedata
from typing import NamedTuple

import uharfbuzz
from bidi.mirror import MIRRORED
from reportlab.pdfbase.ttfonts import ShapeData, ShapedStr

from bookings.documents.typefaces import Typeface

FEATURES = {"kern": True, "liga": True}


class Run(NamedTuple):
    """Glyphs of one font from left to right: what ``drawString`` takes, and its width at size 1."""

    font: str
    drawn: str
    width: float


def shape(text: str, typeface: Typeface, *, is_rtl: bool) -> Run:
    """Return the glyphs of ``text``, which is in the order in which it is read."""
    if typeface.joins_letters or any(map(unicodedata.combining, text)):
        return _shape(text, typeface, "rtl" if is_rtl else "ltr")
    drawn = "".join(MIRRORED.get(char, char) for char in reversed(text)) if is_rtl else text
    return Run(typeface.name, drawn, sum(map(typeface.face.getCharWidth, map(ord, drawn))) / 1000)


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
