/*
 * Decides whether the door waits for the server: after three slow answers no longer, after a quick one again.
 */
const PATIENCE = 700 // ms that a guest waits
const SLOW = 3 // answers in a row

export class Connection {
  #slow = 0

  constructor(changed) {
    this.changed = changed
    this.isGood = navigator.onLine
    addEventListener("offline", () => this.#set(false))
  }

  /** Note an answer that took `ms`. A slow one says little: it may have been long. */
  heard(ms) {
    if (ms > PATIENCE) return
    this.#slow = 0
    this.#set(true)
  }

  /** Note that a guest had to wait too long. */
  missed() {
    this.#slow += 1
    if (this.#slow >= SLOW || !navigator.onLine) this.#set(false)
  }

  #set(isGood) {
    if (isGood === this.isGood) return
    this.isGood = isGood
    this.changed()
  }
}

/** Return what `promise` gives, or null if a guest would wait too long, or it fails. */
export function inTime(promise, ms = PATIENCE) {
  return Promise.race([promise.catch(() => null), new Promise(resolve => setTimeout(resolve, ms, null))])
}
