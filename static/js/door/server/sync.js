/*
 * Keeps the event's list like the server's: first all of it, then what has changed, each time something does.
 *
 * The server holds the question meanwhile. While it is hard to reach, short questions find out when that is over.
 */
import { follow } from "../../shared/waiting.js"
import { askAgain, readAnswer } from "./api.js"
import { List } from "../judging/list.js"
import { canRead, hex } from "../judging/signature.js"

const WAIT = 25 // seconds the server may hold a question
const PROBE = 2_000 // ms between short questions
const CHECK = 600_000 // ms between comparisons of the whole list
const KEEP = 2_000 // ms in which changes are collected before they are kept
const RECENT = 21_600_000 // ms: a list of yesterday evening is one of today after midnight

/** Return the list of an event as it was kept, an empty one if it wasn't. */
export async function keptList(store, event) {
  const about = await store?.fact(`list ${event}`)
  return about ? new List(await store.rows(event), about) : new List()
}

export class Sync {
  #etag = ""
  #touched = new Set() // digests of rows that aren't kept yet
  #timer = null
  #checkedAt = Date.now()

  /** `changed(answer)` is called after each answer, `failed(error)` for each that didn't come. */
  constructor({ store, event, list, clock, connection, changed, failed }) {
    Object.assign(this, { store, event, list, clock, connection, changed, failed })
  }

  /** The list's age in ms, or null if there is none. */
  get age() {
    const { at } = this.list.about
    return at === undefined ? null : Math.max(0, this.clock.now - at)
  }

  /** Whether this list is good enough to decide by. */
  get isOfToday() {
    if (this.age === null) return false
    const day = at => new Date(at).toDateString()
    return this.age < RECENT || day(this.list.about.at) === day(this.clock.now)
  }

  run(isWatched, signal) {
    signal.addEventListener("abort", () => clearTimeout(this.#timer))
    const ask = aborted => this.#ask(aborted)
    // At a busy door something is new all the time. So after a quick answer the next question waits, whatever it said.
    const take = async answer => { await this.#take(answer) }
    return follow({ isWatched, ask, take, fail: () => {}, signal, poll: PROBE })
  }

  async #ask(signal) {
    const { version = "" } = this.list.about
    const isCheck = Date.now() - this.#checkedAt > CHECK
    const wait = version && !isCheck && this.connection.isGood ? WAIT : 0
    const askedAt = Date.now()
    const path = `/events/${this.event}/list?since=${encodeURIComponent(version)}${isCheck ? "&digest=1" : ""}`
    try {
      const response = await askAgain(path, { etag: isCheck ? "" : this.#etag, wait, signal })
      if (!wait) this.connection.heard(Date.now() - askedAt)
      const answer = response.status === 304 ? null : await readAnswer(response)
      return { answer, askedAt, wait, etag: response.headers.get("ETag") ?? "" }
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  async #take({ answer, askedAt, wait, etag }) {
    this.#etag = etag
    if (!answer) {
      this.list.about.at = Math.max(this.list.about.at, askedAt - this.clock.skew)
      this.#keepSoon()
      this.changed({})
      return
    }
    if (!wait) this.clock.learn(askedAt, answer.now)
    await this.#apply(answer)
    this.changed(answer)
  }

  async #apply({ tickets, whole, digest, ...said }) {
    const { list, event, store } = this
    if (whole) list.clear()
    list.put(tickets)
    list.about = { ...said, at: Date.parse(said.now) }
    if (whole) await store?.keepList(event, list.rows, list.about).catch(() => {})
    else this.#keepSoon(tickets)
    if (digest) await this.#check(digest)
  }

  /** Keep what has changed, in a moment. If the page dies before, the next one asks for it again. */
  #keepSoon(rows = []) {
    for (const [digest] of rows) this.#touched.add(digest)
    this.#timer ??= setTimeout(() => {
      const touched = [...this.#touched]
      this.#touched.clear()
      this.#timer = null
      this.store?.keepList(this.event, this.list.rows, this.list.about, touched).catch(() => {})
    }, KEEP)
  }

  /** Compare the whole list with the server's. If anything was missed, all of it is asked for again. */
  async #check(digest) {
    this.#checkedAt = Date.now()
    if (canRead && await digestOfList(this.list.rows) !== digest) this.list.about.version = ""
  }
}

/** Return the digest of all rows, as bookings/door/listing.py does. */
async function digestOfList(rows) {
  const lines = [...rows].sort(([one], [other]) => one < other ? -1 : 1).map(row => JSON.stringify(row))
  return hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines.join("\n"))))
}
