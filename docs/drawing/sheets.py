"""Make contact sheets of the customer's pages: small pictures of all states, light and dark."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.support import pages
from tests.browser.support.scenes import SCENES, Theatre

Taken = dict[tuple[str, str], Image.Image]  # by size and colour scheme

SHEETS = Path(__file__).resolve().parent.parent / "pages"
# CSS px
SIZES = {
    "phone": ViewportSize(width=390, height=844),
    "tablet": ViewportSize(width=768, height=1024),
    "desk": ViewportSize(width=1280, height=800),
}
# Width and maximum height of each picture, in pixels.
SHOWN = {"phone": (180, 700), "tablet": (260, 560), "desk": (352, 404)}
COLUMNS = {"phone": 6, "tablet": 4, "desk": 3}
LANGUAGES = {"en": "en-GB", "de": "de-DE"}
SCHEMES = ("light", "dark")
GAP = 12
BEHIND, FRAME = "#8a8a86", "#77777a"
QUALITY = 20
INTRODUCTION = """# The customer’s pages

Every page in every state, in English and German, on a phone of 390, a tablet of 768 and a desk of 1,280
pixels: light, then dark.
`python -m docs.drawing pages` makes them again.
"""


def make_sheets(browser: Browser, theatre: Theatre) -> None:
    """Write a sheet for each page, language and size, and a README that shows them."""
    for language in LANGUAGES:
        for size in SIZES:
            (SHEETS / language / size).mkdir(parents=True, exist_ok=True)
    index = [INTRODUCTION]
    for kind, scenes in groupby(SCENES, key=lambda scene: scene.partition(":")[0]):
        names = list(scenes)
        states = ", ".join(name.partition(": ")[2] for name in names)
        index += [f"## {kind}", "", f"In this order: {states}.", ""]
        for language in LANGUAGES:
            taken = {scene: _photograph(browser, theatre, scene, language) for scene in names}
            index += [line for size in SIZES for line in _write(kind, language, size, taken)]
    (SHEETS / "README.md").write_text("\n".join(index))


def _write(kind: str, language: str, size: str, taken: dict[str, Taken]) -> list[str]:
    """Write one sheet, and return the README's lines for it."""
    rows = [
        row
        for scheme in SCHEMES
        for row in batched([pictures[size, scheme] for pictures in taken.values()], COLUMNS[size])
    ]
    name = f"{language}/{size}/{kind.lower().replace(' ', '-')}.webp"
    _arrange(rows).save(SHEETS / name, quality=QUALITY, method=6)
    return [f"![{kind}, {size}, {language}]({name})", ""]


def batched(pictures: Sequence[Image.Image], number: int) -> Iterator[Sequence[Image.Image]]:
    return (pictures[start : start + number] for start in range(0, len(pictures), number))


def _photograph(browser: Browser, theatre: Theatre, scene: str, language: str) -> Taken:
    """Return a picture of a scene by size and colour scheme."""
    context = browser.new_context(base_url=theatre.stage.shop.site, locale=LANGUAGES[language])
    page = context.new_page()
    theatre.open(page, scene)
    taken = {(size, scheme): _look(page, size, scheme) for size in SIZES for scheme in SCHEMES}
    context.close()
    return taken


def _look(page: Page, size: str, scheme: str) -> Image.Image:
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.mouse.move(0, 0)
    picture = Image.open(BytesIO(pages.photograph(page, full=True))).convert("RGB")
    width, height = SHOWN[size]
    small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    return ImageOps.expand(small.crop((0, 0, width, min(small.height, height))), border=1, fill=FRAME)


def _arrange(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Join rows of pictures of the same width; each row is as high as its highest picture."""
    heights = [max(picture.height for picture in row) + GAP for row in rows]
    width = rows[0][0].width + GAP
    sheet = Image.new("RGB", (width * max(map(len, rows)) + GAP, sum(heights) + GAP), BEHIND)
    for number, row in enumerate(rows):
        top = GAP + sum(heights[:number])
        for place, picture in enumerate(row):
            sheet.paste(picture, (GAP + place * width, top))
    return sheet
