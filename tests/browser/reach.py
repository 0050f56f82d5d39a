"""Pages for the keyboard, for narrow windows, and for people whom motion makes ill."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.scenes import SCENES, Theatre

# What can be worked. What a script leaves out of the order is reached by arrows within its group.
INTERACTIVE = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]"
# Those that are there to be seen, in their order; an open dialog keeps the rest of the page out of reach.
# They are looked for anew each time, because a page with news draws itself again.
SHOWN = f"""[...(document.querySelector("dialog[open]") ?? document).querySelectorAll("{INTERACTIVE}")]
  .filter(it => it.checkVisibility({{ visibilityProperty: true }}) && !it.disabled && it.tabIndex >= 0)"""
START = """() => {
  const start = document.querySelector("dialog[open]") ?? document.body
  start.tabIndex = -1
  start.focus()
  start.removeAttribute("tabindex")
}"""
# The place of what has the focus among them, and whether it, its label's drawing or its layer shows that.
FOCUSED = """() => {
  const it = document.activeElement
  if (it === document.body) return null
  const outlined = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
  const shown = [it, it.nextElementSibling, it.closest("label")].filter(Boolean)
    .map(one => getComputedStyle(one))
  const layers = ["::before", "::after"].map(layer => getComputedStyle(it, layer))
  return [(SHOWN).indexOf(it), [...shown, ...layers].some(outlined), it.outerHTML.slice(0, 120)]
}""".replace("SHOWN", SHOWN)
TOO_WIDE = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll("main *")].filter(it => it.getBoundingClientRect().right > innerWidth + 1)
      .map(it => it.outerHTML.slice(0, 80)) : []"""
# What says where to sit is read at a glance: A-1, and not A- at the end of a line.
BROKEN = r"""() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT)
  const broken = []
  for (let text; text = texts.nextNode(); ) {
    for (const label of text.data.matchAll(/\b[A-Z]{1,2}-\d{1,2}\b/g)) {
      const range = document.createRange()
      range.setStart(text, label.index)
      range.setEnd(text, label.index + label[0].length)
      const tops = new Set([...range.getClientRects()].map(it => it.top))
      if (tops.size > 1) broken.push(`${label[0]} in ${text.parentElement.outerHTML.slice(0, 80)}`)
    }
  }
  return broken
}"""
NARROW = [ViewportSize(width=320, height=640), ViewportSize(width=360, height=740)]


@pytest.fixture(scope="module")
def desk(browser: Browser, theatre: Theatre) -> Iterator[Page]:
    context = browser.new_context(base_url=theatre.stage.shop.site, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, theatre: Theatre) -> Iterator[Page]:
    """A narrow phone, in the language with the longer words."""
    context = browser.new_context(base_url=theatre.stage.shop.site, locale="de-DE")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scene", SCENES)
def test_the_keyboard_reaches_all_and_shows_where_it_is(desk: Page, theatre: Theatre, scene: str) -> None:
    theatre.open(desk, scene)
    number = desk.evaluate(f"{SHOWN}.length")
    desk.evaluate(START)

    reached, hidden = walk(desk, limit=number + 5)

    assert reached == set(range(number))
    assert hidden == []


def walk(page: Page, *, limit: int) -> tuple[set[int], list[str]]:
    """Press Tab to the end of the page; return what was reached, and what didn't show that it was."""
    reached, hidden = set(), []
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or focused[0] in reached:
            break
        reached.add(focused[0])
        if not focused[1]:
            hidden.append(focused[2])
    return reached - {-1}, hidden


def test_the_first_stop_skips_to_the_content(desk: Page, theatre: Theatre) -> None:
    theatre.open(desk, "Programme: events")
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("scene", SCENES)
def test_a_narrow_phone_needs_no_scrolling_sideways_and_breaks_no_label(
    phone: Page, theatre: Theatre, scene: str
) -> None:
    theatre.open(phone, scene)
    wide, broken = [], []
    for size in NARROW:
        phone.set_viewport_size(size)
        wide += phone.evaluate(TOO_WIDE)
        broken += phone.evaluate(BROKEN)

    assert (wide, broken) == ([], [])


def test_nothing_moves_for_whom_motion_makes_ill(desk: Page, theatre: Theatre) -> None:
    theatre.open(desk, "Payment: pending")
    moving = "document.getAnimations().filter(it => it.playState === 'running').length"
    assert desk.evaluate(moving) == 3
    desk.emulate_media(reduced_motion="reduce")
    still = desk.evaluate(moving)
    desk.emulate_media(reduced_motion="no-preference")

    assert still == 0
