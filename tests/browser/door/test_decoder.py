"""The decoder reads real codes as cameras see them, within three pictures: two fast, one thorough."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.door.frames import (
    Picture,
    as_url,
    blurred,
    code,
    faded,
    frame,
    inverted,
    reflecting,
    tilted,
    turned,
)
from tests.browser.support.stack import Shop
from tests.support.patience import PATIENCE

TOKEN = (
    "AEAAAAABPK2ZO6RTRVJCRW3J537SAJ3GZJSN2OLEIWI3TDJZPQ6MPLYXRT27EZIBUKEG"
    "E4IUTGCKPG6JCYMMFUOQI7GRD3PAXJUZKILXNAXCLXISF2GYJQ7ZRANUOJGWMNUY5RAI"
)
# As a camera's pictures are looked at: two fast, one thoroughly.
START = """async worker => {
  const { dataset: { wasm } } = document.querySelector("[data-wasm]")
  const decoder = new Worker(worker, { type: "module" })
  const answers = []
  decoder.addEventListener("message", ({ data }) => answers.shift()?.(data))
  const ask = message => new Promise(resolve => { answers.push(resolve); decoder.postMessage(message) })
  const ready = await ask({ wasm: new URL(wasm, location).href })
  globalThis.readPictures = async urls => {
    const canvas = document.createElement("canvas")
    for (const [id, url] of urls.entries()) {
      const bytes = Uint8Array.from(atob(url.split(",")[1]), it => it.charCodeAt(0))
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }))
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height })
      const context = canvas.getContext("2d", { willReadFrequently: true })
      context.drawImage(bitmap, 0, 0)
      const image = context.getImageData(0, 0, canvas.width, canvas.height)
      const { texts } = await ask({ image, hard: id === 2, id })
      if (texts.length) return texts
    }
    return []
  }
  return ready
}"""
UPRIGHT = code(TOKEN, 320)
SEEN: dict[str, Callable[[], Picture]] = {
    "upright": lambda: UPRIGHT,
    "turned by 30°": lambda: turned(UPRIGHT, 30),
    "upside down": lambda: turned(UPRIGHT, 180),
    "tilted by 30°": lambda: tilted(UPRIGHT, 30),
    "tilted by 50°": lambda: tilted(UPRIGHT, 50),
    "150 px": lambda: code(TOKEN, 150),
    "120 px": lambda: code(TOKEN, 120),
    "in the sun, contrast 0.25": lambda: faded(UPRIGHT, 0.25),
    "in the sun, contrast 0.12": lambda: faded(UPRIGHT, 0.12),
    "reflecting a lamp": lambda: reflecting(UPRIGHT),
    "out of focus": lambda: blurred(UPRIGHT, 2.5),
    "inverted, from a dark screen": lambda: inverted(UPRIGHT),
}


@pytest.fixture(scope="module")
def reader(browser: Browser, shop: Shop) -> Iterator[Page]:
    """A page of the door with the decoder running."""
    context = browser.new_context(base_url=shop.site)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.goto("/door/")
    assert page.evaluate(START, "/door/decoder.js") == {"ready": True}
    yield page
    context.close()


@pytest.mark.parametrize("how", SEEN)
def test_a_code_is_read_within_three_pictures(how: str, reader: Page) -> None:
    pictures = [as_url(frame(SEEN[how](), seed)) for seed in (1, 2, 3)]

    assert reader.evaluate("urls => readPictures(urls)", pictures) == [TOKEN]


def test_a_room_without_a_code_is_none(reader: Page) -> None:
    empty = code(TOKEN, 320).crop((0, 0, 8, 8)).resize((320, 320))

    assert reader.evaluate("urls => readPictures(urls)", [as_url(frame(empty))] * 3) == []
