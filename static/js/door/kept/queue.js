/*
 * Sends this device's scans until the server has recorded each. Nothing is ever dropped.
 *
 * A scan is `queued` until the server says that it is `recorded`. One that the server won't record for a reason
 * of its own is `refused`: it stays, is shown, and is tried again from time to time. Whatever else fails is tried
 * again, more slowly, in smaller parts, and what failed most comes last: one bad scan holds up no other.
 */
import { Refused } from "../server/api.js"

const LARGEST = 100 // scans sent at once
const PAUSES = [0, 1_000, 2_000, 5_000, 10_000, 30_000] // ms, by the number of failures in a row
const FINAL = [400, 403] // statuses that say something of a scan, if it was sent alone
const TOO_LARGE = 413
const AGAIN = 600_000 // ms until a refused scan is tried again
const KEPT = 86_400_000 // ms for which a recorded scan is kept

export class Queue {
  #scans = new Map()
  #flying = new Set() // nonces that somebody waits for
  #tries = new Map()
  #failures = 0
  #size = LARGEST
  #isResting = false // after a failure
  #wake = () => {}

  /**
   * `send(scans)` returns the promise of the server's answers, a Map by nonce, `sendUndo(scan)` of whatever. `heard(scan)` is told
   * of each that the server has decided, `failed(error)` of what went wrong.
   */
  constructor({ store, scans, now, send, sendUndo, heard, failed }) {
    Object.assign(this, { store, send, sendUndo, heard, failed })
    for (const scan of scans) this.#scans.set(scan.nonce, scan)
    const old = scans.filter(it => it.state === "recorded" && it.undo?.state !== "queued" && it.at < now - KEPT)
    for (const { nonce } of old) this.#scans.delete(nonce)
    if (old.length) store.dropScans(old.map(it => it.nonce))
  }

  get all() {
    return [...this.#scans.values()]
  }

  /** The scans that the server hasn't recorded. */
  get waiting() {
    return this.all.filter(({ state }) => state !== "recorded")
  }

  scan(nonce) {
    return this.#scans.get(nonce)
  }

  /** Keep a scan. Once this is done, it survives whatever happens to the page. */
  async keep(scan) {
    this.#scans.set(scan.nonce, scan)
    await this.store?.keepScan(scan)
  }

  /** Send one scan now, and wait until the server has decided it. */
  async post(scan) {
    this.#flying.add(scan.nonce)
    try {
      await this.#upload([scan])
    } catch (error) {
      if (!FINAL.includes(error.status)) throw error
      await this.#refuse(scan, error)
    } finally {
      this.#flying.delete(scan.nonce)
      this.wake()
    }
  }

  /** Go on sending until `isOver()`. */
  async run(isOver) {
    while (!isOver()) {
      const scans = this.#next(), undo = this.#nextUndo()
      if (!scans.length && !undo) {
        await this.#sleep(AGAIN)
        continue
      }
      try {
        await (scans.length ? this.#upload(scans) : this.#uploadUndo(undo))
        this.#failures = 0
        this.#size = Math.min(this.#size * 2, LARGEST)
      } catch (error) {
        this.failed(error)
        await this.#recover(error, scans)
      }
    }
  }

  /** Look for something to send; with `now`, also after failures. */
  wake({ now = false } = {}) {
    if (now || !this.#isResting) this.#wake()
  }

  async #recover(error, scans) {
    if (error instanceof Refused) {
      for (const scan of scans) this.#tries.set(scan.nonce, this.#triesOf(scan) + 1)
      this.#size = Math.max(Math.ceil(scans.length / 2), 1)
    }
    if (error.status === TOO_LARGE && scans.length > 1) return
    this.#failures = Math.min(this.#failures + 1, PAUSES.length - 1)
    if (FINAL.includes(error.status) && scans.length === 1) await this.#refuse(scans[0], error)
    else await this.#rest(Math.max(PAUSES[this.#failures], error.wait ?? 0))
  }

  async #rest(ms) {
    this.#isResting = true
    await this.#sleep(ms)
    this.#isResting = false
  }

  #next() {
    const due = it => it.state === "queued" || it.state === "refused" && it.refusedAt < Date.now() - AGAIN
    const all = this.all.filter(it => due(it) && !this.#flying.has(it.nonce))
    all.sort((one, other) => this.#triesOf(one) - this.#triesOf(other) || one.at - other.at)
    const isAlike = it => it.event === all[0].event && it.person === all[0].person
    return all.filter(isAlike).slice(0, this.#size)
  }

  #nextUndo() {
    return this.all.find(it => it.state === "recorded" && it.undo?.state === "queued")
  }

  #triesOf({ nonce }) {
    return this.#tries.get(nonce) ?? 0
  }

  async #upload(scans) {
    const answers = await this.send(scans)
    for (const scan of scans) if (answers.has(scan.nonce)) await this.#take(scan, answers.get(scan.nonce))
    if (!answers.size) throw new Error("no answer to any scan")
  }

  async #take(scan, answer) {
    if (!answer.recorded) return this.#refuse(scan, answer.error ?? {})
    const { element, error, ...rest } = scan
    await this.#decide(scan, { ...rest, state: "recorded", verdict: answer.verdict, answer, confirmedAt: answer.at })
  }

  #refuse(scan, { code, message }) {
    return this.#decide(scan, { ...scan, state: "refused", error: { code, message }, refusedAt: Date.now() })
  }

  async #decide(scan, decided) {
    this.#tries.delete(scan.nonce)
    await this.keep({ ...decided, undo: this.scan(scan.nonce)?.undo })
    this.heard(decided)
  }

  async #uploadUndo(scan) {
    let state = "done", error
    try {
      await this.sendUndo(scan)
    } catch (problem) {
      if (![400, 403, 404, 409].includes(problem.status)) throw problem
      state = "refused"
      error = problem.message
    }
    await this.keep({ ...this.scan(scan.nonce), undo: { ...scan.undo, state, error } })
    this.heard(this.scan(scan.nonce))
  }

  #sleep(ms) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => (clearTimeout(timer), resolve())
    })
  }
}
