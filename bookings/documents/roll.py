"""
Drawing tickets for a printer with a roll of 80 mm: a page for each, as long as it has to be.

Such printers leave out 4 mm on either side, and print nothing but black.
"""

import io
from collections.abc import Sequence

from django.utils.translation import get_language
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from bookings.documents.text_shaping import draw, fit
from bookings.documents.ticket_pages import Page
from bookings.documents.typefaces import BOLD, PLAIN, press
from bookings.tickets import qr

WIDTH = 80 * mm
MARGIN = 5 * mm
INSIDE = WIDTH - 2 * MARGIN
CODE = 46 * mm  # dark modules only; what is beside them is wider than a code's quiet zone
GAP = 4 * mm

Line = tuple[str, str, float]  # words, font, size


def draw_roll(pages: Sequence[Page], lines: Sequence[Sequence[str]]) -> bytes:
    """Return the document; each page ends with its ``lines``."""
    document = io.BytesIO()
    with press:
        canvas = Canvas(document, invariant=1, lang=get_language())
        canvas.setTitle(f"{pages[0].title}: {', '.join(page.seat for page in pages)}")
        canvas.setAuthor(pages[0].house)
        canvas.setProducer("Admit")
        for page, more in zip(pages, lines, strict=True):
            _draw_page(canvas, page, more)
        canvas.save()
    return document.getvalue()


def _draw_page(canvas: Canvas, page: Page, more: Sequence[str]) -> None:
    above = [
        *_fit(page.title, BOLD, (18, 16, 14), lines=3),
        *_fit(page.time, PLAIN, (11, 10), lines=2),
        *_fit(page.venue, PLAIN, (10, 9), lines=2),
        *_fit(page.seat, BOLD, (34, 28, 22, 16), lines=2),
    ]
    below = [
        line for words in [*more, page.facts[-1][1]] for line in _fit(words, PLAIN, (11, 10, 9), lines=2)
    ]
    height = 2 * MARGIN + _height(above) + GAP + CODE + GAP + _height(below)
    canvas.setPageSize((WIDTH, height))
    y = _draw_lines(canvas, height - MARGIN, above) - GAP - CODE
    _draw_code(canvas, y, page)
    _draw_lines(canvas, y - GAP, below)
    canvas.showPage()


def _fit(words: str, font: str, sizes: tuple[float, ...], *, lines: int) -> list[Line]:
    size, found = fit(words, font, sizes=sizes, width=INSIDE, lines=lines)
    return [(line, font, size) for line in found]


def _height(lines: Sequence[Line]) -> float:
    return sum(1.3 * size for _words, _font, size in lines)


def _draw_lines(canvas: Canvas, y: float, lines: Sequence[Line]) -> float:
    """Draw ``lines`` below ``y``, and return where they end."""
    for words, font, size in lines:
        draw(canvas, MARGIN, y - size, words, font, size)
        y -= 1.3 * size
    return y


def _draw_code(canvas: Canvas, y: float, page: Page) -> None:
    """Draw the code, or what is said in its place."""
    if not page.token:
        _draw_lines(canvas, y + CODE, _fit(page.stopped or page.instead, BOLD, (16, 12, 10), lines=6))
        return
    inner = slice(qr.QUIET_ZONE, -qr.QUIET_ZONE)
    matrix = [row[inner] for row in qr.draw_matrix(page.token)[inner]]
    module, x = CODE / len(matrix), (WIDTH - CODE) / 2
    path = canvas.beginPath()
    for down, row in enumerate(matrix, 1):
        for across, is_dark in enumerate(row):
            if is_dark:
                path.rect(x + across * module, y + CODE - down * module, module, module)
    canvas.drawPath(path, stroke=0, fill=1)
