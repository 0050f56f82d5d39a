/*
 * Follows a resource of the server: asks for it again and again, and each time the server may hold the
 * question until there is something new to tell.
 */
const WAIT = 25 // seconds the server may hold a question
const TIMEOUT = 35_000 // ms; the connection is dead beyond this
const HELD = 1_000 // ms; an answer that took longer was held by the server
const POLL = 2_000 // ms between questions to a server that holds none
const PAUSES = [0, 250, 1_000, 3_000, 10_000] // ms, by failures in a row
const NUDGED = new Error("asked again before the time")

const nudges = new Set() // each ends the question or the pause of one who follows

/**
 * Ask until isWatched() says no, or `signal` ends it. `ask(signal)` returns the promise of an answer;
 * `take(answer)` says whether there was something new, and throws if the answer is none; `fail(failures)`
 * hears of failures. `poll` is for how long (ms) a server that holds nothing is left alone.
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

/** Let everybody ask again at once. */
export function nudge() {
  for (const own of nudges) own.nudge()
}

/** The headers of a question that the server may hold. */
export function heldHeaders(etag) {
  return { ...plainHeaders(etag), "Prefer": `wait=${WAIT}` }
}

/** The headers of a question about something of which this version is known. */
export function plainHeaders(etag) {
  return { "Accept": "application/json", "If-None-Match": etag }
}

/** Send `data`, and return the promise of the answer. */
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

document.addEventListener("visibilitychange", nudge) // what nobody looks at may have to let go of its question
addEventListener("pageshow", event => event.persisted && nudge())
addEventListener("online", nudge)
addEventListener("offline", nudge) // a question under way wouldn't notice for half a minute
