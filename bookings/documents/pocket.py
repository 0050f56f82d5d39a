"""
Drawing tickets in the size of a bank card, 85.6 × 54 mm (ISO/IEC 7810, ID-1), to be kept in a wallet.

A page for each, to the edge, with fewer words than on A4: what it is, when, where, whose. The same words make
the same bytes.
"""

import io
from collections.abc import Sequence
from functools import lru_cache

from django.utils.translation import get_language
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from bookings.documents.pdf import INK, KEPT, SOFT, draw_code, draw_lines, fill_band
from bookings.documents.text_shaping import draw, fit, fit_into, measure
from bookings.documents.ticket_pages import Page
from bookings.documents.typefaces import BOLD, PLAIN, press

SIZE = WIDTH, HEIGHT = 85.6 * mm, 53.98 * mm
MARGIN = 4 * mm
BAND = 7 * mm
CODE = 36 * mm  # dark modules only; the margins around are the code's quiet zone
TOP = HEIGHT - BAND - MARGIN
SMALL, LEADING, GAP = 7.5, 1.25, 4  # points, sizes, points
ASIDE = WIDTH - CODE - 3 * MARGIN  # the width beside the code


def draw_pages(pages: Sequence[Page]) -> bytes:
    """Return the document."""
    with press:
        return _draw(tuple(pages), get_language())


@lru_cache(KEPT)
def _draw(pages: tuple[Page, ...], language: str | None) -> bytes:
    document = io.BytesIO()
    canvas = Canvas(document, pagesize=SIZE, invariant=1, lang=language)
    canvas.setTitle(f"{pages[0].title}: {', '.join(page.seat for page in pages)}")
    canvas.setAuthor(pages[0].house)
    canvas.setProducer("Admit")
    for page in pages:
        _draw_page(canvas, page)
        canvas.showPage()
    canvas.save()
    return document.getvalue()


def _draw_page(canvas: Canvas, page: Page) -> None:
    _band(canvas, page)
    canvas.setFillColorRGB(*INK)
    foot = TOP - CODE
    if page.token:
        draw_code(canvas, MARGIN, foot, CODE, page.token)
    else:
        _instead(canvas, foot, page)
    *whose, number = [value for _name, value in page.facts]
    draw(canvas, MARGIN, MARGIN / 2, number, PLAIN, SMALL)  # Beyond the code's quiet zone.
    x = CODE + 2 * MARGIN
    _event(canvas, x, room=TOP - _seat(canvas, x, whose, page), page=page)


def _band(canvas: Canvas, page: Page) -> None:
    fill_band(canvas, 0, HEIGHT - BAND, WIDTH, BAND, page)
    baseline, number = HEIGHT - BAND / 2 - 3, measure(page.number, PLAIN, 7)
    width = WIDTH - 3 * MARGIN - number
    size, [house] = fit(page.house, BOLD, sizes=(9, 8, 7), width=width, lines=1)
    draw(canvas, MARGIN, baseline, house, BOLD, size)
    draw(canvas, WIDTH - MARGIN - number, baseline, page.number, PLAIN, 7)


def _instead(canvas: Canvas, foot: float, page: Page) -> None:
    canvas.setLineWidth(1)
    canvas.rect(MARGIN, foot, CODE, CODE)
    inside, width, top = MARGIN + 3 * mm, CODE - 6 * mm, TOP - 3 * mm
    if page.stopped:
        size, lines = fit(page.stopped.upper(), BOLD, sizes=(16, 14, 12), width=width, lines=2)
        top = draw_lines(canvas, inside, top, lines, BOLD, size, leading=1.1) - 2 * mm
    room, sizes = top - foot - 2 * mm, (7.5, 6.5, 5.5)
    size, lines = fit_into(page.instead, PLAIN, sizes=sizes, width=width, height=room, leading=LEADING)
    draw_lines(canvas, inside, top, lines, PLAIN, size, leading=LEADING)


def _seat(canvas: Canvas, x: float, whose: Sequence[str], page: Page) -> float:
    """Draw the place and whose it is, at the foot, and return where that begins."""
    size, seat = fit(page.seat, BOLD, sizes=(22, 18, 15, 11, 9), width=ASIDE, lines=1)
    small = [line for words in whose for line in fit(words, PLAIN, sizes=(SMALL,), width=ASIDE, lines=2)[1]]
    y = top = MARGIN + LEADING * SMALL * (1 + len(small)) + 1.1 * size
    canvas.setFillColorRGB(*SOFT)
    _size, place = fit(page.place, PLAIN, sizes=(SMALL,), width=ASIDE, lines=1)
    y = draw_lines(canvas, x, y, place, PLAIN, SMALL, leading=LEADING)
    canvas.setFillColorRGB(*INK)
    y = draw_lines(canvas, x, y + 0.1 * size, seat, BOLD, size, leading=1.2)
    draw_lines(canvas, x, y, small, PLAIN, SMALL, leading=LEADING)
    return top


def _event(canvas: Canvas, x: float, *, room: float, page: Page) -> None:
    """Draw what it is, when and where, in the ``room`` above the place."""
    _size, time = fit(page.time, BOLD, sizes=(SMALL,), width=ASIDE, lines=2)
    _size, venue = fit(page.venue, PLAIN, sizes=(SMALL,), width=ASIDE, lines=1)
    rest = room - LEADING * SMALL * (len(time) + len(venue)) - GAP
    size, title = fit_into(
        page.title, BOLD, sizes=(13, 12, 11, 10, 9, 8), width=ASIDE, height=rest, leading=1.12
    )
    y = draw_lines(canvas, x, TOP, title, BOLD, size, leading=1.12) - GAP / 2
    y = draw_lines(canvas, x, y, time, BOLD, SMALL, leading=LEADING)
    draw_lines(canvas, x, y, venue, PLAIN, SMALL, leading=LEADING)
