"""Measure the cost of drawing tickets as a PDF: ``python -m bench.documents``."""

import os
import time
from collections.abc import Sequence
from functools import partial
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("DATABASE_URL", "postgresql:///bench")  # Required, but never used here.
django.setup()

from bookings.documents.pdf import _draw  # noqa: E402
from bookings.documents.ticket_pages import Page  # noqa: E402

TICKETS = (1, 2, 20)
ROUNDS = 30
TOKEN = "ADMIT" * 27 + "A"  # as long as a real one
LATIN = ["Ada Lovelace", "Łukasz Żółć-Ångström", "Nguyễn Thị Ánh"]
NAMES = {
    "Latin": LATIN,
    "Arabic": ["محمد بن سلمان"],
    "Hindi": ["क्षत्रिय श्री"],
    "Japanese": ["山田 太郎"],
    "fourteen scripts": [
        *LATIN,
        "Αθηνά Παπαδοπούλου",
        "Ёлка Ґалаґан",
        "Հայկ Ծովակ",
        "ნინო ბერიძე",
        "محمد بن سلمان",
        "שָׁלוֹם עולם",
        "क्षत्रिय श्री",
        "ஸ்ரீ கொக்கோ",
        "น้ำผึ้ง",
        "ខ្មែរ",
        "ማሪያም",
        "山田 太郎",
        "김민수",
    ],
}


def main() -> None:
    print(f"median of {ROUNDS} documents           tickets     CPU time (ms)     bytes")
    for script, names in NAMES.items():
        for tickets in TICKETS:
            pages = [write_page(names[at % len(names)], at + 1, tickets) for at in range(tickets)]
            spent, document = measure(pages)
            print(f"  names in {script:18}{tickets:10}{spent:18.1f}{len(document):10,}")


def write_page(name: str, number: int, total: int) -> Page:
    return Page(
        house="The Little Theatre",
        brand="#f6b91c",
        on_brand="#1b1a17",
        title="Demo Night",
        venue="The Little Theatre",
        time="Monday 30 November 2026, 19:30",
        place=f"Row A, seat {number}",
        seat=f"A-{number}",
        facts=(("Name", name), ("Booking number", "K7Q-2MX")),
        notes=(
            "Show the code at the door, on your phone or on paper. It’s valid for one entry.",
            "Organised by The Little Theatre. Questions: box-office@example.com",
        ),
        number=f"{number} of {total}" if total > 1 else "",
        stopped="",
        instead="",
        token=TOKEN,
    )


def measure(pages: Sequence[Page]) -> tuple[float, bytes]:
    """Return the CPU time in ms of drawing ``pages``, and the document."""
    # Past what a process keeps.
    draw_pages = partial(_draw.__wrapped__, language=None)
    document = draw_pages(tuple(pages))  # The first one also loads the fonts.
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        assert draw_pages(tuple(pages)) == document
        spent.append(time.process_time() - began)
    return 1000 * median(spent), document


if __name__ == "__main__":
    main()
