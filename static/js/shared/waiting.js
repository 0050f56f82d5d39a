/*
 * Follows a resource on the server by long polling: each request asks the server to answer only once there is
 * something new.
 */
const WAIT = 25 // seconds the server may hold a request
const TIMEOUT = 35_000 // ms; after that the connection is dead
const HELD = 1_000 // ms; a response that took longer was held by the server
const POLL = 2_000 // ms between requests to a server that doesn't hold them
const PAUSES = [0, 250, 1_000, 3_000, 10_000] // ms, by the number of failures in a row
const NUDGED = new Error("asked again before the time")

const nudges = new Set() // each ends the current request or pause of one follower

/**
 * Ask until isWatched() is false or `signal` aborts. `ask(signal)` returns the promise of a response.
 * `take(response)` returns whether anything was new, and throws if the response is unusable. `fail(failures)`
 * is told of failures. `poll` is the pause (ms) after a response that the server didn't hold.
 */
export async function follow({ isWatched, ask, take, fail, signal, poll = POLL }) {
  const own = { nudge: () => {} }
  nudges.add(own)
  signal?.addEventListener("abort", () => own.nudge())
  for (let failures = 0; isWatched() && !signal?.aborted; ) {
    const askedAt = performance.now()
    try {
      const changed = await take(await hold(own, ask))
      failures = 0
      await pause(own, changed || performance.now() - askedAt > HELD ? 0 : poll)
    } catch (error) {
      failures = error === NUDGED ? 0 : failures + 1
      fail(failures)
      await pause(own, PAUSES[Math.min(failures, PAUSES.length - 1)])
    }
  }
  nudges.delete(own)
}

/** Have every follower ask again at once. */
export function nudge() {
  for (const own of nudges) own.nudge()
}

/** Headers for a request that the server may hold. */
export function heldHeaders(etag) {
  return { ...plainHeaders(etag), "Prefer": `wait=${WAIT}` }
}

/** Headers for a request when the version `etag` is known. */
export function plainHeaders(etag) {
  return { "Accept": "application/json", "If-None-Match": etag }
}

/** Send `data` and return the promise of the response. */
export function postJson(url, csrfToken, data, signal) {
  const headers = { "Accept": "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken }
  return fetch(url, { method: "POST", headers, body: JSON.stringify(data), signal })
}

async function hold(own, ask) {
  const request = new AbortController()
  const timer = setTimeout(() => request.abort(), TIMEOUT)
  own.nudge = () => request.abort(NUDGED)
  try {
    return await ask(request.signal)
  } finally {
    clearTimeout(timer)
  }
}

function pause(own, ms) {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
    own.nudge = resolve
  })
}

document.addEventListener("visibilitychange", nudge) // a hidden tab may have to give up its held request
addEventListener("pageshow", event => event.persisted && nudge())
addEventListener("online", nudge)
addEventListener("offline", nudge) // an open request wouldn't notice for half a minute
