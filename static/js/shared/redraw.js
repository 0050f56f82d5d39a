/*
 * Puts in place what the server draws anew: a page is fetched again, and only what is another version changes.
 */

/** Fetch a page anew; null if it leads somewhere else now, as to signing in. Throw if the server can't say. */
export async function fetchPage(url = location.href) {
  const response = await fetch(url, { cache: "no-store", headers: { "Accept": "text/html" } })
  if (response.redirected || response.status === 404) return null
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  return new DOMParser().parseFromString(await response.text(), "text/html")
}

/** Bring `list` to what `fresh` has, by data-key; return what came or changed as [before, after]. */
export function swap(list, fresh) {
  const known = new Map([...list.children].map(item => [item.dataset.key, item]))
  const changes = []
  const items = [...fresh.children].map(item => {
    const before = known.get(item.dataset.key)
    known.delete(item.dataset.key)
    if (before?.dataset.version === item.dataset.version) return before
    const after = document.adoptNode(item)
    if (before) replace(before, after)
    changes.push([before, after])
    return after
  })
  for (const gone of known.values()) gone.remove()
  items.forEach((item, place) => list.children[place] === item || list.insertBefore(item, list.children[place]))
  return changes
}

/** Put `after` in the place of `before`, and the focus on what it was on, or on the first thing there. */
export function replace(before, after) {
  const focus = before.contains(document.activeElement) ? document.activeElement : null
  before.replaceWith(after)
  if (!focus) return
  const targets = [...after.querySelectorAll("a, button, input")]
  const same = targets.find(target => signature(target) === signature(focus)) ?? targets[0]
  same?.focus({ preventScroll: true })
}

function signature(element) {
  return [element.tagName, element.getAttribute("href"), element.name, element.value, element.textContent].join()
}
