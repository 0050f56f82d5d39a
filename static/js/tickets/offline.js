/*
 * Makes the page of a ticket work offline once it was opened online, and shows a notice when it is a copy.
 *
 * The words are in the element with data-kept. The worker keeps the copies (worker.js): this module tells it
 * what the page needs, or to forget a ticket that is no longer valid.
 */
const RETRY = 5_000 // ms between checks whether the server is back
const PARTS = ["link", "script", "css", "img", "other"] // initiator types of what the page was made of

async function start(notice) {
  navigator.serviceWorker.addEventListener("message", ({ data }) => data.isBehind && show(notice))
  addEventListener("offline", () => show(notice))
  addEventListener("online", () => notice.hidden || location.reload())
  navigator.serviceWorker.controller?.postMessage({ ask: true })
  await register(notice)
}

async function register({ dataset: { worker, scope, valid } }) {
  try {
    await navigator.serviceWorker.register(worker, scope ? { scope } : {})
  } catch {
    return // no network, or a browser that stores nothing
  }
  const { active } = await navigator.serviceWorker.ready
  await loaded()
  active.postMessage(valid === "true" ? { keep: parts() } : { forget: true })
}

/** Say that this is a copy, and check until the server is back. */
function show(notice) {
  if (!notice.hidden) return
  notice.dataset.why = navigator.onLine ? "away" : "offline"
  notice.hidden = false
  setInterval(() => document.hidden || reloadIfBack(), RETRY)
}

async function reloadIfBack() {
  try {
    // The worker passes everything but GET to the server.
    const response = await fetch(location.pathname, { method: "HEAD", cache: "no-store" })
    if (response.ok) location.reload()
  } catch {
    // still unreachable
  }
}

function parts() {
  const found = performance.getEntriesByType("resource").filter(it => PARTS.includes(it.initiatorType))
  const own = found.map(it => it.name).filter(url => new URL(url).origin === location.origin)
  return [...new Set([location.origin + location.pathname, ...own])]
}

function loaded() {
  if (document.readyState === "complete") return null
  return new Promise(resolve => addEventListener("load", resolve, { once: true }))
}

if ("serviceWorker" in navigator) document.querySelectorAll("[data-kept]").forEach(start)
