"""
``python -m docs.drawing.stopped``: make the images shown instead of the code of a ticket that isn't valid.

Draw each SVG in ``bookings/tickets/pictures`` in Chromium, and write it as a PNG of the size of a QR code.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.support.chromium import MISSING, launch

PICTURES = Path(__file__).resolve().parent.parent.parent / "bookings" / "tickets" / "pictures"
SIZE = 392  # pixels, the size of a ticket's QR code
COLOURS = 16


def main() -> None:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            sys.exit(MISSING)
        page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
        for drawing in PICTURES.glob("*.svg"):
            page.goto(drawing.as_uri())
            few = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
            few.save(drawing.with_suffix(".png"), optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
