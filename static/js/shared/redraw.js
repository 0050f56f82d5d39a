/*
 * Updates a page from the server's HTML: fetches it again and replaces only what has another version.
 */

/** Fetch a page again; null if it now redirects, for example to signing in. Throw on a server error. */
export async function fetchPage(url = location.href) {
  const response = await fetch(url, { cache: "no-store", headers: { "Accept": "text/html" } })
  if (response.redirected || response.status === 404) return null
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  return new DOMParser().parseFromString(await response.text(), "text/html")
}

/** Make `list` like `fresh`, matching by data-key; return what is new or changed as [before, after]. */
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

/** Replace `before` by `after`. The focus stays where it was, or goes to the first link or button there. */
export function replace(before, after) {
  const focus = before.contains(document.activeElement) ? document.activeElement : null
  before.replaceWith(after)
  if (!focus) return
  const targets = [...after.querySelectorAll("a, button, input")]
  const same = targets.find(target => signature(target) === signature(focus)) ?? targets[0]
  same?.focus({ preventScroll: true })
}

function signature(element) {
  const { tagName, form, name, value, textContent } = element
  return [tagName, element.getAttribute("href"), form?.getAttribute("action"), name, value, textContent].join()
}
