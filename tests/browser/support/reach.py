"""What the keyboard doesn't reach on a page, and what doesn't fit into a narrow window."""

from playwright.sync_api import Page, ViewportSize

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


def out_of_reach(page: Page) -> list[str]:
    """Press Tab to the end of the page; return what wasn't reached, and what didn't show that it was."""
    places = page.evaluate(f"{SHOWN}.map(it => it.outerHTML.slice(0, 120))")
    page.evaluate(START)
    reached, hidden = walk(page, limit=len(places) + 5)
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
    """Return what makes narrow phones scroll sideways, and the labels of seats that they break."""
    found = []
    for size in NARROW:
        page.set_viewport_size(size)
        found += [f"{size['width']}: wider than the window: {it}" for it in page.evaluate(TOO_WIDE)]
        found += [f"{size['width']}: a line ends within {it}" for it in page.evaluate(BROKEN)]
    return found
