"""
``python -m docs.drawing``: update the screenshots of the customer's and the staff's pages.

Run the shop with the sandbox, and write these to ``docs/pictures`` and ``docs/pages``:

* ``purchase``: two seats bought in Chromium, on a phone (all steps in one picture) and on a desktop
* ``paper``: a printed ticket
* ``staff``: the admin's pages after an evening on which much went wrong
* ``pages``: every page of the customer in every state

Without arguments, make all of them.
"""

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import django
import httpx
import pypdfium2
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from config.dev.demo import manage
from docs.drawing.sheets import SHEETS, make_sheets
from tests.browser.support import pages
from tests.browser.support.chromium import MISSING, launch
from tests.browser.support.evening import photograph_staff
from tests.browser.support.scenes import Theatre
from tests.browser.support.stack import Shop, running_shop
from tests.browser.support.staging import Stage

KINDS = ["purchase", "paper", "staff", "pages"]
PICTURES = Path(__file__).resolve().parent.parent / "pictures"
COLOURS = 128  # per picture
PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)  # CSS pixels
GAP = 24  # pixels between the pictures of a journey
BEHIND = {"light": "#ffffff", "dark": "#0d1117"}  # the backgrounds of GitHub's pages
FRAME = "#8a8a86"
STEPS = ("event", "stripe", "waiting", "tickets")
SOLD = ("A-4 A-5 A-6 A-7 B-3 B-4", "B-7 B-8 B-9 E-1 E-2", "F-6 F-7 G-3 G-12 G-13")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*KINDS, []], metavar="{" + ",".join(KINDS) + "}")
    wanted = set(parser.parse_args().what or KINDS)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")  # for the pages of errors
    django.setup()
    from branding.models import Shop, assume

    assume(Shop(), seconds=math.inf)  # Pages of errors are rendered here, without the database.
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            sys.exit(MISSING)
        if wanted - {"pages"}:
            with new_shop() as shop:
                make_some(wanted, browser, shop)
        if "pages" in wanted:
            with new_shop() as shop:
                make_sheets(browser, Theatre(Stage(shop)))
        browser.close()
    for folder in (PICTURES, SHEETS):
        total = sum(file.stat().st_size for file in folder.rglob("*.*"))
        sys.stdout.write(f"{folder}: {total / 1_000:.0f} kB\n")


@contextmanager
def new_shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder, running_shop(Path(folder)) as shop:
        manage(
            shop.env, "seed_demo", "--only=demo-night", "--verbosity=0"
        )  # The picture and the shop's name.
        yield shop


def make_some(wanted: set[str], browser: Browser, shop: Shop) -> None:
    if "purchase" in wanted:
        make_pictures(browser, shop)
    if "paper" in wanted:
        save(photograph_paper(shop, "A-1", "A-2"), "paper")
    if "staff" in wanted:
        for name, picture in photograph_staff(browser, shop):
            save(picture, f"staff/{name}")


def make_pictures(browser: Browser, shop: Shop) -> None:
    for seats in SOLD:
        shop.open_checkout(*seats.split())
    for row, scheme, suffix in (("C", "light", ""), ("D", "dark", "-dark")):
        journey = photograph_purchase(browser, shop, PHONE, scheme, f"{row}-5", f"{row}-6")
        save(side_by_side(journey, scheme), f"purchase/journey{suffix}")
        desk = photograph_purchase(browser, shop, DESK, scheme, f"{row}-8", f"{row}-9")
        for step, picture in zip(STEPS, desk, strict=True):
            save(picture, f"purchase/{step}{suffix}")


def photograph_purchase(
    browser: Browser, shop: Shop, size: ViewportSize, scheme: str, *seats: str
) -> Sequence[Image.Image]:
    """Buy ``seats`` in a window of this size, and return a picture of each of the ``STEPS``."""
    context = browser.new_context(base_url=shop.site, viewport=size)
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    pictures = [Image.open(BytesIO(pages.photograph(page))) for _ in purchase(page, shop, *seats)]
    context.close()
    return pictures


def purchase(page: Page, shop: Shop, *seats: str) -> Iterator[None]:
    """Buy ``seats`` and yield at each of the ``STEPS``; Stripe's event is held back until the third."""
    shop.stripe.withhold()
    pages.choose(page, *seats)
    leave_alone(page)
    pages.seat_map(page).scroll_into_view_if_needed()
    yield
    pages.submit_button(pages.seat_map(page)).click()
    session = pages.session_on(page)
    yield
    pages.pay(page)
    pages.expect_confirming(page)
    yield
    shop.stripe.tell("completed", session)
    pages.expect_tickets(page, *seats)
    page.locator("#tickets-title").evaluate("it => it.scrollIntoView()")
    yield


def photograph_paper(shop: Shop, *seats: str) -> Image.Image:
    """Buy ``seats`` and return a small picture of the upper part of the PDF's first page."""
    answer = shop.open_checkout(*seats)
    shop.stripe.pay(answer["session_id"])
    while (pdf := httpx.get(f"{shop.site}/bookings/{answer['booking']}/tickets.pdf")).status_code == 404:
        time.sleep(0.1)
    with pypdfium2.PdfDocument(pdf.raise_for_status().content) as document:
        page = document[0].render(scale=1.2).to_pil()
    return ImageOps.expand(page.crop((0, 0, page.width, page.height * 3 // 5)), border=1, fill=FRAME)


def leave_alone(page: Page) -> None:
    """Move the pointer and the focus away from all controls."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")


def side_by_side(pictures: Sequence[Image.Image], scheme: str) -> Image.Image:
    framed = [ImageOps.expand(picture.convert("RGB"), border=1, fill=FRAME) for picture in pictures]
    width, height = framed[0].size
    joined = Image.new("RGB", ((width + GAP) * len(framed) - GAP, height), BEHIND[scheme])
    for place, picture in enumerate(framed):
        joined.paste(picture, ((width + GAP) * place, 0))
    return joined


def save(picture: Image.Image, name: str) -> None:
    """Write a PNG in few colours; ``name`` is its path below ``PICTURES``, without the extension."""
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    file = PICTURES / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    few.save(file, optimize=True)


if __name__ == "__main__":
    main()
