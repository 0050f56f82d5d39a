/*
 * Starts the door's page without a network, once it was opened with one.
 *
 * A service worker for /door/ alone. The server is asked first for the page; what has the hash of its content in
 * its address is never asked for twice. The server writes PARTS above this: what a page may load later, such as
 * the decoder. A copy of the page takes the place of the former one only when all of its parts are there.
 */
const VERSION = 1 // raise it when what is kept changes; copies of other versions are deleted
const PREFIX = "door "
const NAME = PREFIX + VERSION
const PATIENCE = 3_000 // ms to wait for the server, when there is a copy
const PAGE = "/door/"
const HASHED = /^\/static\/.*\.[0-9a-f]{12}\.\w+$/
const NAMED = /(?:href|src)="(\/static\/[^"]+)"/g

addEventListener("install", () => skipWaiting())
addEventListener("activate", event => event.waitUntil(Promise.all([deleteOthers(), clients.claim()])))
addEventListener("message", event => event.waitUntil(keep(event.data.keep)))

addEventListener("fetch", event => {
  const { method, mode, url } = event.request
  const { origin, pathname } = new URL(url)
  if (method !== "GET" || origin !== location.origin) return
  if (mode === "navigate" ? pathname === PAGE : HASHED.test(pathname) || PARTS.includes(pathname)) {
    event.respondWith(answer(event.request, pathname))
  }
})

/** Return the copy of what never changes, else the server's response, or the copy if the server is away or slow. */
async function answer(request, pathname) {
  const copy = await caches.match(pathname, { ignoreVary: true, cacheName: NAME })
  if (!copy) return fetch(request)
  if (HASHED.test(pathname)) return copy
  try {
    const response = await Promise.race([fetch(request), impatience()])
    if (response.status < 500) return response
  } catch {
    // Unreachable or too slow: the copy is for this.
  }
  return copy
}

async function keep(loaded) {
  const page = await fetch(PAGE, { cache: "no-store" })
  if (!page.ok) return
  const named = [...(await page.clone().text()).matchAll(NAMED)].map(match => match[1])
  const wanted = new Set([...named, ...loaded, ...PARTS])
  const place = await caches.open(NAME)
  const missing = []
  for (const path of wanted) {
    if (!HASHED.test(path) || !await place.match(path, { ignoreVary: true })) missing.push(path)
  }
  await place.addAll(missing)
  await place.put(PAGE, page)
  const old = (await place.keys()).filter(({ url }) => !wanted.has(new URL(url).pathname) && !url.endsWith(PAGE))
  await Promise.all(old.map(request => place.delete(request)))
}

async function deleteOthers() {
  const names = await caches.keys()
  await Promise.all(names.filter(it => it.startsWith(PREFIX) && it !== NAME).map(it => caches.delete(it)))
}

function impatience() {
  return new Promise((resolve, reject) => setTimeout(reject, PATIENCE))
}
