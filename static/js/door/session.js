/*
 * The door, as the page uses it. It puts together what decides (scanning.js), keeps (store.js), sends (queue.js)
 * and follows the server's list (sync.js), and says how they are.
 */
import { ask, Refused } from "./server/api.js"
import { Clock } from "./server/clock.js"
import { Connection } from "./server/connection.js"
import { Own } from "./judging/judge.js"
import { takeDoor } from "./kept/lock.js"
import { forgetPage, keepPage } from "./kept/page.js"
import { Queue } from "./kept/queue.js"
import { Scanning } from "./scanning.js"
import { sendScans, sendUndo } from "./server/sending.js"
import { canRead } from "./judging/signature.js"
import { openStore } from "./kept/store.js"
import { keptList, Sync } from "./server/sync.js"

const TICK = 5_000 // ms between looks at the list's age
const SEARCH = 3_000 // ms to wait for the server, when the list could be searched
const CALM = 1_000 // ms between questions for conflicts

/**
 * Open the door of `event`, and return it once scans can be judged, or once another tab turns out to have it.
 *
 * `event` is its id. `words` are by verdict, each with what to `say`; the page has them in #door-words. The door
 * tells "state" whenever `door.state` may have changed, "answer" with a `detail` for each answer that comes after
 * its guest has gone, and "conflicts" when there may be others.
 */
export async function openDoor(options) {
  const door = new Door(options)
  await door.open()
  return door
}

class Door extends EventTarget {
  #end = new AbortController()
  #said = { inside: null, expected: null, per_minute: null, by_gate: {} }
  #is = { revoked: false, locked: false, persisted: null }
  #calm = null // a timer, before conflicts are looked for

  constructor({ event, gate = "", person = "", direction = "in", words = wordsOfPage() }) {
    super()
    Object.assign(this, { gate, person, direction, words })
    this.event = { id: event }
    this.connection = new Connection(() => this.#turn())
    this.scanning = new Scanning(this, answer => this.#dispatch("answer", answer))
  }

  /** What is known of this device and the evening. Ages and differences are in ms. */
  get state() {
    const waiting = this.queue?.waiting ?? []
    return {
      ...this.#said,
      ...this.#is,
      online: this.connection.isGood,
      list_age: this.sync?.age ?? null,
      is_ready: this.canDecide,
      tickets: this.sync?.list.size ?? 0,
      queued: waiting.length,
      refused: waiting.filter(({ state }) => state === "refused").map(({ nonce, error }) => ({ nonce, ...error })),
      skew_ms: this.clock?.skew ?? 0,
    }
  }

  /** Whether this device may decide by itself: it reads signatures, keeps what it does, and has a list of today. */
  get canDecide() {
    return Boolean(canRead && this.store && this.sync?.isOfToday)
  }

  get isRevoked() {
    return this.#is.revoked
  }

  open() {
    return new Promise((resolve, reject) => {
      const start = () => this.#start().then(resolve, reject)
      const wait = () => (this.#set({ locked: true }), resolve())
      takeDoor(start, wait, this.#end.signal)
    })
  }

  /**
   * Have a scan judged: of a `token`, or of a `ticket` by its digest. Resolve once `onVerdict(answer)` was called
   * first; it is called once more if the server's answer comes while the guest is still there.
   */
  async scan(wish, onVerdict) {
    if (this.#is.locked || this.#is.revoked) return
    await this.scanning.scan(wish, onVerdict)
    this.#tell()
  }

  /** Take back what a scan did, and tell the server as soon as it can be reached. Raise `Refused` if it says no. */
  async undo(nonce, reason = "") {
    const scan = { ...this.queue.scan(nonce), undo: { state: "queued", reason } }
    if (scan.state === "recorded" && this.connection.isGood && await this.#undoNow(scan)) scan.undo.state = "done"
    await this.queue.keep(scan)
    this.own.note(scan)
    this.queue.wake()
    this.#tell()
  }

  /** Return tickets by name, reference or seat; without a network, by name or seat of the list. */
  async search(text) {
    const found = await this.#find(text).catch(error => {
      this.fail(error)
      return this.sync.list.find(text).map(it => ({ ...it, ticket: it.digest }))
    })
    const words = ({ since, until, status }) => this.words[since && !until ? "inside" : status]?.word
    return found.map(it => ({ ...it, status_words: words(it) }))
  }

  async conflicts() {
    return (await ask(`/events/${this.event.id}/conflicts`)).conflicts
  }

  async settle(id, how, reason = "") {
    await ask(`/conflicts/${id}/settle`, { body: { how, reason, person: this.person } })
  }

  /** Return what the server hasn't recorded, as a file for the box office. */
  async exportQueue() {
    const scans = this.queue.waiting.map(({ event, person, element, error }) => ({ event, person, ...element, error }))
    const content = { exported_at: new Date().toISOString(), skew_ms: this.clock.skew, scans }
    return new Blob([JSON.stringify(content, null, 2)], { type: "application/json" })
  }

  /** Delete all that this device has kept, and let go of the door. */
  async forget() {
    this.#end.abort()
    await this.store?.forget()
    await forgetPage()
  }

  /** Note that a question failed, and return the error. */
  fail(error) {
    if (error.status === 401) this.#revoke()
    return error
  }

  async #start() {
    this.store = await openStore().catch(() => null) // a browser that keeps nothing
    const { store, connection, event: { id } } = this
    const [skew, scans, list] = [await store?.fact("skew"), await store?.scans() ?? [], await keptList(store, id)]
    this.clock = new Clock(skew)
    this.own = new Own(scans.filter(it => it.event === id))
    this.queue = new Queue({ ...this.#sender(), store, scans, now: this.clock.now })
    const news = { changed: answer => this.learn(answer), failed: error => this.fail(error) }
    this.sync = new Sync({ store, list, connection, event: id, clock: this.clock, ...news })
    this.learn(list.about)
    this.#set({ locked: false, persisted: await persist(store) })
    this.#run()
    keepPage()
  }

  async #find(text) {
    const path = `/events/${this.event.id}/search?q=${encodeURIComponent(text)}`
    return (await ask(path, { patience: SEARCH })).tickets
  }

  #run() {
    const { signal } = this.#end
    const timer = setInterval(() => this.#tell(), TICK)
    this.queue.run(() => signal.aborted)
    this.sync.run(() => !signal.aborted, signal)
    signal.addEventListener("abort", () => (clearInterval(timer), this.queue.wake({ now: true })))
    addEventListener("online", () => this.queue.wake({ now: true }), { signal })
  }

  #sender() {
    return {
      send: scans => sendScans(this, scans),
      sendUndo: scan => sendUndo(this, scan),
      heard: scan => this.#hear(scan),
      failed: error => this.fail(error),
    }
  }

  #hear(scan) {
    if (scan.event === this.event.id) this.own.note(scan)
    this.scanning.hear(scan)
    this.#tell()
  }

  /** Learn from an answer what it says of the evening. */
  learn({ counts }) {
    if (counts) Object.assign(this.#said, counts)
    this.#tell()
    this.#calm ??= setTimeout(() => {
      this.#calm = null
      this.#dispatch("conflicts")
    }, CALM)
  }

  async #undoNow(scan) {
    try {
      await sendUndo(this, scan)
      return true
    } catch (error) {
      this.fail(error)
      if (error instanceof Refused && error.status < 429) throw error
      return false
    }
  }

  /** This device isn't paired any more: of what it keeps, only what it hasn't sent stays until somebody saw it. */
  async #revoke() {
    if (this.#is.revoked) return
    this.#is.revoked = true
    this.#end.abort()
    await this.store?.dropList(this.event.id).catch(() => {})
    if (!this.queue.waiting.length) await this.forget().catch(() => {})
    this.#tell()
  }

  #turn() {
    if (this.connection.isGood) this.queue?.wake({ now: true })
    this.#tell()
  }

  #set(values) {
    Object.assign(this.#is, values)
    this.#tell()
  }

  #tell() {
    this.#dispatch("state")
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

async function persist(store) {
  return store ? await navigator.storage?.persist?.().catch(() => false) ?? false : false
}

function wordsOfPage() {
  return JSON.parse(document.getElementById("door-words")?.textContent ?? "{}")
}
