"""Drawing a receipt's PDF: black on white, on as many pages of A4 as its lines need."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from bookings.documents.text_shaping import draw, fit, measure, wrap
from bookings.documents.typefaces import BOLD, PLAIN, press
from receipts.documents.page import Page

WIDTH, HEIGHT = A4
MARGIN = 22 * mm
INSIDE = WIDTH - 2 * MARGIN
RIGHT = WIDTH - MARGIN
COLUMN = 32 * mm  # of an amount
LEADING = 5.4 * mm
INK, SOFT, LINE = (0, 0, 0), (0.34, 0.33, 0.3), (0.54, 0.52, 0.48)


def draw_page(page: Page, columns: tuple[str, str, str, str]) -> bytes:
    """Return the document; ``columns`` are the heads of the rates' table."""
    document = io.BytesIO()
    with press:
        canvas = Canvas(document, pagesize=A4, invariant=1, lang=page.language)
        canvas.setTitle(f"{page.title} {page.number}")
        canvas.setAuthor(page.seller[0])
        canvas.setProducer("Admit")
        _Sheet(canvas).draw(page, columns)
        canvas.save()
    return document.getvalue()


class _Sheet:
    """A canvas with a pen that goes down, and on to a new page."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y = HEIGHT - MARGIN

    def draw(self, page: Page, columns: tuple[str, str, str, str]) -> None:
        self._parties(page)
        self._text(f"{page.title} {page.number}", BOLD, 18, leading=9 * mm)
        for name, value in page.facts:
            self._pair(name, value)
        self.y -= LEADING
        for words, font in zip(page.subject, (BOLD, PLAIN), strict=True):
            self._text(words, font, 11)
        self._rule()
        for words, amount in page.lines:
            self._amounts(words, (amount,), PLAIN)
        self._rule()
        self._amounts(page.total[0], (page.total[1],), BOLD)
        self.y -= LEADING
        self._amounts(columns[0], columns[1:], PLAIN, SOFT)
        for rate in page.rates:
            self._amounts(rate[0], rate[1:], PLAIN)
        self.y -= LEADING
        for note in page.notes:
            self._text(note, PLAIN, 10)
        self.canvas.showPage()

    def _parties(self, page: Page) -> None:
        size, lines = fit(page.seller[0], BOLD, sizes=(12, 11, 10), width=INSIDE, lines=2)
        for line in lines:
            self._line(line, BOLD, size)
        for words in page.seller[1:]:
            self._text(words, PLAIN, 10)
        self.y -= LEADING
        for words in page.buyer:
            self._text(words, PLAIN, 11)
        if page.buyer:
            self.y -= LEADING

    def _text(self, words: str, font: str, size: float, leading: float = LEADING) -> None:
        for line in wrap(words, font, size, INSIDE):
            self._line(line, font, size, leading=leading)

    def _pair(self, name: str, value: str) -> None:
        self._room(LEADING)
        self._ink(SOFT)
        draw(self.canvas, MARGIN, self.y - 10, name, PLAIN, 10)
        self._ink(INK)
        draw(self.canvas, MARGIN + 42 * mm, self.y - 10, value, PLAIN, 10)
        self.y -= LEADING

    def _amounts(
        self, words: str, amounts: tuple[str, ...], font: str, ink: tuple[float, float, float] = INK
    ) -> None:
        """Draw ``words`` with amounts in columns at the right of their first line."""
        lines = wrap(words, font, 10, INSIDE - COLUMN * len(amounts) - 4 * mm)
        self._room(LEADING)
        self._ink(ink)
        draw(self.canvas, MARGIN, self.y - 10, lines[0], font, 10)
        for place, amount in enumerate(amounts, 1 - len(amounts)):
            x = RIGHT + place * COLUMN - measure(amount, font, 10)
            draw(self.canvas, x, self.y - 10, amount, font, 10)
        self.y -= LEADING
        for line in lines[1:]:
            self._line(line, font, 10)
        self._ink(INK)

    def _line(self, line: str, font: str, size: float, leading: float = LEADING) -> None:
        self._room(leading)
        draw(self.canvas, MARGIN, self.y - size, line, font, size)
        self.y -= leading

    def _rule(self) -> None:
        self._room(2 * LEADING)
        self.y -= 2 * mm
        self.canvas.setStrokeColorRGB(*LINE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(MARGIN, self.y, RIGHT, self.y)
        self.y -= 2 * mm

    def _ink(self, ink: tuple[float, float, float]) -> None:
        self.canvas.setFillColorRGB(*ink)

    def _room(self, height: float) -> None:
        """Begin a new page unless this one has room for ``height``."""
        if self.y - height < MARGIN:
            self.canvas.showPage()
            self.y = HEIGHT - MARGIN
