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

/**
 * Make each of `lists` like the one of `freshLists` in its place, matching items by data-key; an item may have moved
 * to another list. Return what is new or changed as [before, after].
 */
export function swap(lists, freshLists) {
  const known = new Map(lists.flatMap(list => [...list.children]).map(item => [item.dataset.key, item]))
  const changes = []
  const filled = freshLists.map(fresh => [...fresh.children].map(item => take(item, known, changes)))
  for (const gone of known.values()) gone.remove()
  filled.forEach((items, number) => put(lists[number], items))
  return changes
}

/** Return the item to show for a fresh one: what is shown already, unless it has changed. */
function take(item, known, changes) {
  const before = known.get(item.dataset.key)
  known.delete(item.dataset.key)
  if (before?.dataset.version === item.dataset.version) return before
  const after = document.adoptNode(item)
  if (before) replace(before, after)
  changes.push([before, after])
  return after
}

function put(list, items) {
  items.forEach((item, place) => list.children[place] === item || move(list, item, list.children[place]))
}

/** Insert `item`, which may be elsewhere on the page and have the focus. */
function move(list, item, before) {
  const focus = item.contains(document.activeElement) ? document.activeElement : null
  list.insertBefore(item, before ?? null)
  focus?.focus({ preventScroll: true })
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
