/*
 * Has the door's page start without a network: a service worker of its own (worker.js) keeps it.
 */
const WORKER = "/door/worker.js"
const SCOPE = "/door/"
const PREFIX = "door " // of the names of the worker's caches
const PARTS = ["link", "script", "css", "img", "other"] // initiator types of what the page was made of

/** Have this page, as it is now, and all that it was made of kept. */
export async function keepPage() {
  try {
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE })
    const { active } = await navigator.serviceWorker.ready
    await loaded()
    active.postMessage({ keep: parts() })
  } catch {
    // No HTTPS, no network, or a browser that stores nothing.
  }
}

/** Delete what the worker keeps, and have it come no more. */
export async function forgetPage() {
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE)
  await registration?.unregister()
  const names = await globalThis.caches?.keys() ?? []
  await Promise.all(names.filter(name => name.startsWith(PREFIX)).map(name => caches.delete(name)))
}

function parts() {
  const found = performance.getEntriesByType("resource").filter(it => PARTS.includes(it.initiatorType))
  const own = found.map(it => new URL(it.name)).filter(({ origin }) => origin === location.origin)
  return own.map(({ pathname }) => pathname).filter(path => path.startsWith("/static/"))
}

function loaded() {
  if (document.readyState === "complete") return null
  return new Promise(resolve => addEventListener("load", resolve, { once: true }))
}
