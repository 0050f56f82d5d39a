"""Rendering of the pages' templates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

from sandbox.core import money
from sandbox.payments.method_types import METHOD_TYPES

HERE = Path(__file__).parent
STATIC = HERE / "static"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
AMEX_DIGITS = 15


def card_number(number: str) -> str:
    """Return a card number in groups, as printed on a card."""
    if len(number) == AMEX_DIGITS:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def date_of(moment: int) -> str:
    """Return the day of a moment as text: ``5 January 2027``."""
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {day:%B %Y}"


def moment_of(moment: datetime | None) -> str:
    """Return a moment by its own clock as text: ``5 January 2027, 19:30:05``; "" for None."""
    return f"{moment.day} {moment:%B %Y, %H:%M:%S}" if moment else ""


def method_label(name: str) -> str:
    return METHOD_TYPES[name].label


PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
PAGES.filters.update(
    money=money.formatted,
    card_number=card_number,
    date=date_of,
    moment=moment_of,
    method_label=method_label,
)


def render(template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    html = PAGES.get_template(template).render(context)
    return HTMLResponse(html, status_code=status, headers=HEADERS)
