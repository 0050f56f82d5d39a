/*
 * The tabs of one browser: one of them leads, and each tells the others what happened in it.
 *
 * Messages are never stored. Without BroadcastChannel they pass through localStorage for the length of one
 * event, and without any text.
 */
const KEY = "admit"
const PLACES = 2 // for held requests of hidden tabs; a browser has six connections to a host

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(KEY) : null
const takers = new Map() // functions, by the kind of message they take

/**
 * Run `run(signal)` in one tab at a time: the one that was visible last, because browsers put the others to
 * sleep. `signal` aborts when another tab takes over; when the tab closes, another leads at once. Without Web
 * Locks, every tab leads. Return a function that lets this tab lead again after `run` has ended.
 */
export function lead(name, run) {
  if (!navigator.locks) return leadAlone(run)
  let place = null // an AbortController: in the queue, and then while it leads

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
 * Return what `ask(mayHold)` returns. A visible tab may have its request held; of the hidden tabs only a few
 * at once, so that the next page still gets a connection.
 */
export async function askInTurn(ask, place = 0) {
  if (!document.hidden || !navigator.locks) return ask(true)
  if (place === PLACES) return ask(false)
  const next = lock => (lock ? ask(true) : askInTurn(ask, place + 1))
  return navigator.locks.request(`${KEY}:place ${place}`, { ifAvailable: true }, next)
}

/** Tell the other tabs: ids and tags, and in `words` text that must not be stored. */
export function tell(kind, data = {}) {
  if (channel) return channel.postMessage({ ...data, kind })
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...data, kind, words: undefined, at: Date.now() }))
    localStorage.removeItem(KEY)
  } catch {
    // Without storage, each tab finds out by itself.
  }
}

/** Call `take(data)` for each message of this kind from other tabs. */
export function hear(kind, take) {
  takers.set(kind, [...takers.get(kind) ?? [], take])
}

function pass(news) {
  for (const take of takers.get(news.kind) ?? []) take(news)
}

channel?.addEventListener("message", event => pass(event.data))
addEventListener("storage", event => event.key === KEY && event.newValue && pass(JSON.parse(event.newValue)))
