/*
 * Shows tickets without a network, once they were opened in this browser.
 *
 * A service worker for the pages of tickets only: every other request goes straight to the server. The server is
 * always asked first, so a ticket that is no longer valid shows as such as soon as there is a network. A page
 * tells it what to keep and what to forget.
 */
const VERSION = 1 // raise it when what is kept changes; copies of other versions are deleted
const PREFIX = "ticket "
const PATIENCE = 3_000 // ms to wait for the server, when there is a copy
const PAGE = /^\/(tickets\/[A-Z2-7]{26}|bookings\/[A-Z2-7]{26}\/tickets)\/$/

const behind = new Set() // ids of the clients that show a copy

addEventListener("install", () => skipWaiting())
addEventListener("activate", event => event.waitUntil(Promise.all([deleteOthers(), clients.claim()])))
addEventListener("message", event => event.waitUntil(hear(event)))

addEventListener("fetch", event => {
  const { method, mode, url } = event.request
  const address = new URL(url)
  if (method !== "GET" || address.origin !== location.origin) return
  if (mode !== "navigate") event.respondWith(answer(event, behind.has(event.clientId)))
  else if (PAGE.test(address.pathname)) event.respondWith(open(event))
})

async function open(event) {
  const response = await answer(event, false)
  if (response.status === 404 || response.status === 410) await caches.delete(nameOf(event.request.url))
  return response
}

/** Return the server's response, or the copy if there is one and the server is unreachable, slow or broken. */
async function answer({ request, resultingClientId }, isBehind) {
  const copy = await caches.match(request, { ignoreVary: true })
  if (!copy) return fetch(request)
  if (isBehind) return copy
  try {
    const response = await Promise.race([fetch(request), impatience()])
    if (response.status < 500) return response
  } catch {
    // Unreachable or too slow: the copy is for this.
  }
  if (resultingClientId) behind.add(resultingClientId)
  return copy
}

async function hear({ data, source }) {
  if (data.ask) source.postMessage({ isBehind: behind.has(source.id) })
  if (data.keep) await keep(source.url, data.keep)
  if (data.forget) await caches.delete(nameOf(source.url))
}

/** Keep exactly what a page needs, in a cache of its own: the copies of other tickets stay as they are. */
async function keep(page, urls) {
  const place = await caches.open(nameOf(page))
  await place.addAll(urls) // the browser has most of them already
  const old = (await place.keys()).filter(({ url }) => !urls.includes(url))
  await Promise.all(old.map(request => place.delete(request)))
}

async function deleteOthers() {
  const names = await caches.keys()
  const old = names.filter(name => name.startsWith(PREFIX) && !name.startsWith(`${PREFIX}${VERSION} `))
  await Promise.all(old.map(name => caches.delete(name)))
}

function impatience() {
  return new Promise((resolve, reject) => setTimeout(reject, PATIENCE))
}

function nameOf(url) {
  return `${PREFIX}${VERSION} ${new URL(url).pathname}`
}
