/*
 * The tabs of one browser: one of them leads, and each tells the others what happened in it.
 *
 * What is told is never kept. Where it has to go through the storage, that is for the length of one event,
 * and without words.
 */
const KEY = "admit"
const PLACES = 2 // for questions that are held for tabs nobody looks at; a browser has six connections to a host

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(KEY) : null
const takers = new Map() // functions, by the kind of news they take

/**
 * Run `run(signal)` in one tab at a time: the one that was looked at last, because browsers put the others to
 * sleep. `signal` ends its term; when it closes, another leads at once. Without Web Locks, every tab leads.
 * Return what lets this tab lead again after `run` has come to its end.
 */
export function lead(name, run) {
  if (!navigator.locks) return leadAlone(run)
  let place = null // in the queue, and then the term

  async function stand(steal) {
    const own = place = new AbortController()
    const options = steal ? { steal } : { signal: own.signal }
    try {
      await navigator.locks.request(`${KEY}:${name}`, options, () => {
        own.leads = true
        return run(own.signal)
      })
      if (place === own) place = null
    } catch (error) {
      if (error.name !== "AbortError") throw error
      own.abort() // another tab has taken over
      if (place === own) stand(false)
    }
  }

  function leave() {
    place?.abort()
    place = null
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !place || place.leads) return
    place.abort()
    stand(true)
  })
  addEventListener("pagehide", leave)
  addEventListener("pageshow", event => event.persisted && stand(true))
  stand(!document.hidden)
  return () => place || stand(true)
}

function leadAlone(run) {
  let isLeading = false
  const again = async () => {
    if (isLeading) return
    isLeading = true
    await run(new AbortController().signal)
    isLeading = false
  }
  again()
  return again
}

/**
 * Return what `ask(mayHold)` does. A question may be held while its tab is looked at; of the other tabs, so few
 * at once that the next page still finds a connection.
 */
export async function askInTurn(ask, place = 0) {
  if (!document.hidden || !navigator.locks) return ask(true)
  if (place === PLACES) return ask(false)
  const next = lock => (lock ? ask(true) : askInTurn(ask, place + 1))
  return navigator.locks.request(`${KEY}:place ${place}`, { ifAvailable: true }, next)
}

/** Tell the other tabs: ids and tags, and in `words` what may only be said, not written down. */
export function tell(kind, data = {}) {
  if (channel) return channel.postMessage({ ...data, kind })
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...data, kind, words: undefined, at: Date.now() }))
    localStorage.removeItem(KEY)
  } catch {
    // Without a storage, each tab finds out by itself.
  }
}

/** Have `take(data)` called with what other tabs tell of this kind. */
export function hear(kind, take) {
  takers.set(kind, [...takers.get(kind) ?? [], take])
}

function pass(news) {
  for (const take of takers.get(news.kind) ?? []) take(news)
}

channel?.addEventListener("message", event => pass(event.data))
addEventListener("storage", event => event.key === KEY && event.newValue && pass(JSON.parse(event.newValue)))
