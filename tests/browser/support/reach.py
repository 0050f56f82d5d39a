"""Find controls that the keyboard can't reach, and content that doesn't fit a narrow window."""

from playwright.sync_api import Page, ViewportSize

# Controls. Those with a negative tabindex are left out below: arrow keys reach them within their group.
INTERACTIVE = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]"
# The visible controls in tab order, or those of an open dialog, which blocks the rest of the page. This is
# evaluated each time, because pages may render again when something changes.
SHOWN = f"""[...(document.querySelector("dialog[open]") ?? document).querySelectorAll("{INTERACTIVE}")]
  .filter(it => it.checkVisibility({{ visibilityProperty: true }}) && !it.disabled && it.tabIndex >= 0)"""
PLACES = f"{SHOWN}.map(it => it.outerHTML.slice(0, 120))"
TRIES = 5  # A page may render again during a walk over it, which then says nothing.
START = """() => {
  const start = document.querySelector("dialog[open]") ?? document.body
  start.tabIndex = -1
  start.focus()
  start.removeAttribute("tabindex")
}"""
# The index of the focused control, and whether it, its neighbour, its label or a pseudo-element has an
# outline.
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
# Seat labels such as A-1 that are broken across lines.
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


def out_of_reach(page: Page) -> list[str]:
    """Press Tab to the end of the page; return controls that weren't reached or showed no focus."""
    for _ in range(TRIES):
        places = page.evaluate(PLACES)
        page.evaluate(START)
        reached, hidden = walk(page, limit=len(places) + 5)
        if page.evaluate(PLACES) == places:
            break
    missed = [f"Tab doesn't come to {it}" for place, it in enumerate(places) if place not in reached]
    strange = [
        f"Tab comes to place {place} of {len(places)}" for place in sorted(reached - set(range(len(places))))
    ]
    return [*missed, *strange, *(f"no focus shows on {it}" for it in hidden)]


def walk(page: Page, *, limit: int) -> tuple[set[int], list[str]]:
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


def too_narrow(page: Page) -> list[str]:
    """Return what makes a narrow window scroll sideways, and seat labels broken across lines in it."""
    found = []
    for size in NARROW:
        page.set_viewport_size(size)
        found += [f"{size['width']}: wider than the window: {it}" for it in page.evaluate(TOO_WIDE)]
        found += [f"{size['width']}: a line ends within {it}" for it in page.evaluate(BROKEN)]
    return found
