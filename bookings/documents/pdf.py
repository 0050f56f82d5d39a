"""
Drawing the tickets' PDF: black on white with vector codes, for A4 and with its margins for Letter too.

The same words make the same bytes.
"""

import io
from collections.abc import Sequence
from functools import lru_cache

from django.utils.translation import get_language
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from bookings.documents.text_shaping import draw, fit, fit_into, measure
from bookings.documents.ticket_pages import Page
from bookings.documents.typefaces import BOLD, PLAIN, press
from bookings.tickets import qr

WIDTH, HEIGHT = A4
MARGIN = 20 * mm  # Letter is 18 mm shorter, and printers leave out up to 6 mm.
PAD = 9 * mm
BAND = 11 * mm
CODE = 60 * mm  # dark modules only
BITE = 3.5 * mm
INSIDE = WIDTH - 2 * (MARGIN + PAD)
ASIDE = INSIDE - CODE - PAD  # the width beside the code

INK, SOFT, LINE = (0, 0, 0), (0.34, 0.33, 0.3), (0.54, 0.52, 0.48)
SPENT = (0.86, 0.85, 0.81)

LEADING = 1.35  # from one line to the next, in sizes
KEPT = 50  # documents: who asks again and again for theirs costs nothing, and few MB are kept


def draw_pages(pages: Sequence[Page]) -> bytes:
    """Return the document."""
    with press:
        return _draw(tuple(pages), get_language())


@lru_cache(KEPT)
def _draw(pages: tuple[Page, ...], language: str | None) -> bytes:
    document = io.BytesIO()
    canvas = Canvas(document, pagesize=A4, invariant=1, lang=language)
    canvas.setTitle(f"{pages[0].title}: {', '.join(page.seat for page in pages)}")
    canvas.setAuthor(pages[0].house)
    canvas.setProducer("Admit")
    for page in pages:
        _draw_page(canvas, page)
    canvas.save()
    return document.getvalue()


def _draw_page(canvas: Canvas, page: Page) -> None:
    top = HEIGHT - MARGIN
    left = MARGIN + PAD
    _band(canvas, top, page)
    y = _head(canvas, left, top - BAND - 0.8 * PAD, page)
    code = y - PAD - CODE
    _code(canvas, left, code, page)
    tear = min(code, _seat(canvas, left + CODE + PAD, code + CODE, page)) - PAD
    foot = _notes(canvas, left, tear - 0.9 * PAD, page)
    _outline(canvas, top, tear, foot)
    canvas.showPage()


def _band(canvas: Canvas, top: float, page: Page) -> None:
    fill_band(canvas, MARGIN, top - BAND, WIDTH - 2 * MARGIN, BAND, page)
    baseline, number = top - BAND / 2 - 5, measure(page.number, PLAIN, 10)
    size, [house] = fit(page.house, BOLD, sizes=(15, 13, 11), width=INSIDE - number - PAD, lines=1)
    draw(canvas, MARGIN + PAD, baseline, house, BOLD, size)
    draw(canvas, WIDTH - MARGIN - PAD - number, baseline + 1, page.number, PLAIN, 10)
    canvas.setFillColorRGB(*INK)


def fill_band(canvas: Canvas, x: float, y: float, width: float, height: float, page: Page) -> None:
    """Fill the band in the shop's colour, in grey if the ticket isn't valid, and choose the ink for it."""
    canvas.setFillColor(Color(*SPENT) if page.stopped else HexColor(page.brand))
    canvas.rect(x, y, width, height, stroke=0, fill=1)
    canvas.setFillColor(Color(*INK) if page.stopped else HexColor(page.on_brand))


def _head(canvas: Canvas, x: float, y: float, page: Page) -> float:
    """Draw what the event is, and return where that ends."""
    size, lines = fit(page.title, BOLD, sizes=(34, 30, 26, 22, 18), width=INSIDE, lines=4)
    y = draw_lines(canvas, x, y, lines, BOLD, size, leading=1.12)
    size, lines = fit(page.venue, PLAIN, sizes=(13, 11), width=INSIDE, lines=2)
    y = draw_lines(canvas, x, y - 0.35 * PAD, lines, PLAIN, size)
    size, lines = fit(page.time, PLAIN, sizes=(13, 11), width=INSIDE, lines=2)
    return draw_lines(canvas, x, y, lines, PLAIN, size)


def _code(canvas: Canvas, x: float, y: float, page: Page) -> None:
    if page.token:
        draw_code(canvas, x, y, CODE, page.token)
        return
    canvas.setLineWidth(1.5)
    canvas.setStrokeColorRGB(*INK)
    canvas.rect(x, y, CODE, CODE)
    inside, width, top = x + 5 * mm, CODE - 10 * mm, y + CODE - 8 * mm
    if page.stopped:
        size, lines = fit(page.stopped.upper(), BOLD, sizes=(28, 24, 20, 16), width=width, lines=2)
        top = draw_lines(canvas, inside, top, lines, BOLD, size, leading=1.1) - 3 * mm
    room, sizes = top - y - 4 * mm, (10.5, 9, 8, 7)
    size, lines = fit_into(page.instead, PLAIN, sizes=sizes, width=width, height=room, leading=LEADING)
    draw_lines(canvas, inside, top, lines, PLAIN, size)


def draw_code(canvas: Canvas, x: float, y: float, side: float, token: str) -> None:
    """Draw the dark modules, ``side`` wide, in one path, so that no hairlines show between them."""
    inner = slice(qr.QUIET_ZONE, -qr.QUIET_ZONE)
    matrix = [row[inner] for row in qr.draw_matrix(token)[inner]]
    module = side / len(matrix)
    path = canvas.beginPath()
    for down, row in enumerate(matrix, 1):
        for across, is_dark in enumerate(row):
            if is_dark:
                path.rect(x + across * module, y + side - down * module, module, module)
    canvas.setFillColorRGB(*INK)
    canvas.drawPath(path, stroke=0, fill=1)


def _seat(canvas: Canvas, x: float, y: float, page: Page) -> float:
    """Draw the place and whose it is, and return where that ends."""
    size, lines = fit(page.place, PLAIN, sizes=(14, 12, 10), width=ASIDE, lines=2)
    y = draw_lines(canvas, x, y, lines, PLAIN, size)
    size, lines = fit(page.seat, BOLD, sizes=(80, 64, 48, 36, 26, 18), width=ASIDE, lines=1)
    y = draw_lines(canvas, x, y + 0.1 * size, lines, BOLD, size, leading=1.0) - 0.4 * PAD
    for name, value in page.facts:
        canvas.setFillColorRGB(*SOFT)
        y = draw_lines(canvas, x, y, [name], PLAIN, 9.5)
        canvas.setFillColorRGB(*INK)
        size, lines = fit(value, PLAIN, sizes=(13, 11, 9), width=ASIDE, lines=2)
        y = draw_lines(canvas, x, y, lines, PLAIN, size) - 0.25 * PAD
    return y


def _notes(canvas: Canvas, x: float, y: float, page: Page) -> float:
    """Draw what is below the perforation, and return where the card ends."""
    canvas.setFillColorRGB(*SOFT)
    for words in filter(None, page.notes):
        size, lines = fit(words, PLAIN, sizes=(10, 9, 8), width=INSIDE, lines=3)
        y = draw_lines(canvas, x, y, lines, PLAIN, size) - 1.2 * mm
    canvas.setFillColorRGB(*INK)
    return y - 0.5 * PAD


def draw_lines(
    canvas: Canvas, x: float, y: float, lines: list[str], font: str, size: float, leading: float = LEADING
) -> float:
    """Draw ``lines`` below ``y``, and return where they end."""
    for line in lines:
        draw(canvas, x, y - size, line, font, size)
        y -= size * leading
    return y


def _outline(canvas: Canvas, top: float, tear: float, foot: float) -> None:
    """Draw the card's edge, with half circles punched out where it tears."""
    left, right = MARGIN, WIDTH - MARGIN
    canvas.setLineWidth(0.8)
    canvas.setStrokeColorRGB(*LINE)
    path = canvas.beginPath()
    path.moveTo(left, tear - BITE)
    path.lineTo(left, foot)
    path.lineTo(right, foot)
    path.lineTo(right, tear - BITE)
    path.arcTo(right - BITE, tear - BITE, right + BITE, tear + BITE, 270, -180)
    path.lineTo(right, top)
    path.lineTo(left, top)
    path.lineTo(left, tear + BITE)
    path.arcTo(left - BITE, tear - BITE, left + BITE, tear + BITE, 90, -180)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.setDash(0.1, 5)
    canvas.setLineCap(1)
    canvas.setLineWidth(1.6)
    canvas.line(left + BITE + 2 * mm, tear, right - BITE - 2 * mm, tear)
    canvas.setDash()
