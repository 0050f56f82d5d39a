"""
The fonts of the documents, and which of them draws which character.

The files are in ``fonts``, with their licences: Noto, one file for each script, WenQuanYi Micro Hei for
Chinese, Japanese, Korean and signs, and of Hanazono Mincho the rarer ideographs that names and places have.
"""

import functools
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uharfbuzz
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FILES = {path.stem: path for path in (Path(__file__).resolve().parent / "fonts").rglob("*.tt[cf]")}
PLAIN, BOLD = "NotoSans-Regular", "NotoSans-CondensedBold"
EAST_ASIAN, RARE_EAST_ASIAN = "wqy-microhei", "HanaMinB-ExtensionB"

# The first and last character of each script whose letters join or move, and its font.
JOINING = [
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
    (0x0F00, 0x0FFF, "NotoSerifTibetan-Regular"),
    (0x1000, 0x109F, "NotoSansMyanmar-Regular"),
    (0x1780, 0x17FF, "NotoSansKhmer-Regular"),
    (0xFB1D, 0xFB4F, "NotoSansHebrew-Regular"),
    (0xFB50, 0xFDFF, "NotoSansArabic-Regular"),
    (0xFE70, 0xFEFE, "NotoSansArabic-Regular"),
]
JOINING_FONTS = {font for _first, _last, font in JOINING}
FALLBACKS = [
    PLAIN,
    "NotoSansArmenian-Regular",
    "NotoSansGeorgian-Regular",
    "NotoSansEthiopic-Regular",
    EAST_ASIAN,
    RARE_EAST_ASIAN,
]

JOINERS = "\u200c\u200d"  # They say whether letters join, in Persian and in the scripts of India.
PRIVATE_USE = range(0xE000, 0xF900)

# All documents of a process share its fonts, so one is drawn at a time.
press = threading.Lock()


@dataclass(frozen=True)
class Typeface:
    """A font that is loaded: ``face`` is reportlab's tables of it, ``shaper`` is what HarfBuzz needs."""

    name: str
    characters: frozenset[int]
    face: Any
    shaper: uharfbuzz.Font

    @property
    def joins_letters(self) -> bool:
        return self.name in JOINING_FONTS


@functools.cache
def load(name: str) -> Typeface:
    """Read the font ``name``, and register it with reportlab; once a process."""
    font = TTFont(name, str(FILES[name]))
    characters = frozenset(font.face.charToGlyph)
    shaper = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(FILES[name]))))
    if name not in (EAST_ASIAN, RARE_EAST_ASIAN):  # They have many glyphs, and draw each by a character.
        _name_glyphs(font.face, shaper)
    pdfmetrics.registerFont(font)
    return Typeface(name, characters, font.face, shaper)


def can_draw(char: str) -> bool:
    """Whether any font has ``char``."""
    return any(_has(font, char) for font in (_script_font(char), *FALLBACKS))


def choose_fonts(text: str, font: str) -> list[str]:
    """
    Return the name of the font of each character of ``text``: ``font``, where it has the character.

    Marks, joiners and spaces stay with what they follow.
    """
    fonts: list[str] = []
    for char in text:
        before = fonts[-1] if fonts else font
        if (is_attached(char) or char == " ") and (char in JOINERS or _has(before, char)):
            fonts.append(before)
        else:
            candidates = [_script_font(char) or font, font, *FALLBACKS]
            fonts.append(next((name for name in candidates if _has(name, char)), font))
    return fonts


def is_attached(char: str) -> bool:
    """Whether ``char`` is a mark or a joiner, which can't be parted from what it follows."""
    return char in JOINERS or unicodedata.category(char).startswith("M")


@functools.lru_cache(1024)
def _script_font(char: str) -> str:
    return next((font for first, last, font in JOINING if first <= ord(char) <= last), "")


def _has(font: str, char: str) -> bool:
    return bool(font) and ord(char) in load(font).characters


def _name_glyphs(face: Any, shaper: uharfbuzz.Font) -> None:
    """
    Give a private character to every glyph that none stands for.

    reportlab draws characters, not glyphs. Left to itself, it would number glyphs in the order in which it
    meets them, and the bytes of a document would depend on those drawn before.
    """
    unused = (code for code in PRIVATE_USE if code not in face.charToGlyph)
    for glyph in range(shaper.face.glyph_count):
        if glyph not in face.glyphToChar:
            code = next(unused)
            face.charToGlyph[code] = glyph
            face.glyphToChar[glyph] = [code]
            face.charWidths[code] = shaper.get_glyph_h_advance(glyph)
