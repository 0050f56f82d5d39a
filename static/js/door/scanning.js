/*
 * The way of one scan: judged here at once, asked of the server, shown, and kept until the server has it.
 *
 * A refusal that this device is sure of is shown at once. An admission waits for the server, but no longer than a
 * guest does: then it is shown as not confirmed, once it is kept where nothing can lose it.
 */
import { localAnswer, serverAnswer } from "./judging/answer.js"
import { inTime } from "./server/connection.js"
import { judge, REFUSALS } from "./judging/judge.js"
import { read } from "./judging/signature.js"

const LATE = 5_000 // ms after which an answer isn't about the guest at the door any more
const NO_LIST = 10_000 // ms to wait for the server, where nothing can be decided without it
const LONGEST = 500 // characters that the server takes

export class Scanning {
  #shows = new Map() // by nonce, who wants to know
  #latest = ""

  /** `door` has the parts (session.js); `late(answer)` is told of answers that come after their guest has gone. */
  constructor(door, late) {
    Object.assign(this, { door, late })
  }

  /** Judge a scan, and resolve once `onVerdict(answer)` was called first. */
  async scan({ token = "", ticket = "", kind = "code", direction = this.door.direction, override }, onVerdict) {
    const text = token.replace(/\p{Cc}/gu, "").trim().slice(0, LONGEST)
    if (!text && !ticket) return
    const scan = this.#unanswered(text, ticket, direction) ?? this.#begin({ text, ticket, kind, direction, override })
    this.#latest = scan.nonce
    this.#shows.set(scan.nonce, onVerdict)
    if (!this.door.canDecide) return this.#askOnly(scan)
    const judged = await this.#judge(scan)
    await (REFUSALS.includes(judged.verdict) ? this.#refuse(judged) : this.#admit(judged))
  }

  /** The server has decided a scan: tell whoever waits for it, or only the page if that guest has gone on. */
  hear(scan) {
    const { door } = this
    const answer = serverAnswer({ scan, context: this.#context(scan) })
    const isHere = scan.nonce === this.#latest && door.clock.now - scan.at < LATE
    const show = isHere ? this.#shows.get(scan.nonce) : null
    if (show) show(answer)
    else this.late(answer)
    this.#shows.delete(scan.nonce)
  }

  #begin({ text, ticket, kind, direction, override }) {
    const { event, person, gate, clock } = this.door
    const nonce = newNonce()
    const wish = ticket ? { ticket } : { token: text }
    const said = { scanned_at: new Date().toISOString(), offline: false, shown: "" }
    const element = { nonce, ...wish, direction, kind, gate, override, ...said }
    return { nonce, event: event.id, person, gate, direction, digest: ticket, seat: "", at: clock.now, state: "queued", element }
  }

  /** Return the scan of the same ticket that got no answer: the server may have it, and let this guest in. */
  #unanswered(text, ticket, direction) {
    const isSame = ({ element }) => (element.token ?? "") === text && (element.ticket ?? "") === ticket
    const found = this.door.queue.waiting.find(it => it.isUnanswered && it.direction === direction && isSame(it))
    return found && { ...found, isUnanswered: false, element: { ...found.element, offline: false, shown: "" } }
  }

  async #judge(scan) {
    const { list, own, event, clock } = this.#context(scan)
    const { element: { token, ticket, kind, override }, direction } = scan
    const keys = list.about.keys ?? []
    const claim = ticket ? { digest: ticket, event: event.id } : await read(token, keys, { typed: kind !== "code" })
    const judged = judge({ claim, event, list, own, now: clock.now, direction, override })
    const known = { digest: claim?.digest ?? "", seat: judged.ticket?.seat ?? "" }
    const element = claim?.token ? { ...scan.element, token: claim.token } : scan.element
    return { ...judged, scan: { ...scan, ...known, element } }
  }

  /** Show a refusal at once, and let the server say whether it agrees. */
  async #refuse(judged) {
    const { door } = this
    const refused = shown(judged.scan, judged.verdict, { offline: !door.connection.isGood })
    this.#show(judged)
    await door.queue.keep(refused).catch(() => {})
    door.own.note(refused)
    if (door.connection.isGood) this.#post(refused).catch(() => {})
    else door.queue.wake()
  }

  async #admit(judged) {
    const { queue, connection } = this.door
    if (connection.isGood) {
      const kept = queue.keep(judged.scan).catch(() => {})
      const isDecided = await inTime(this.#post(judged.scan))
      if (isDecided || this.door.isRevoked) return
      connection.missed()
      await kept
      if (queue.scan(judged.scan.nonce).state !== "queued") return // it was decided in this moment
    }
    await this.#admitAlone(judged)
  }

  /** Let somebody in by this device's own judgement, which is kept first. */
  async #admitAlone(judged) {
    const { queue, own } = this.door
    const admitted = shown(judged.scan, judged.verdict, { offline: true })
    try {
      await queue.keep(admitted)
    } catch {
      return this.#show({ ...judged, verdict: "not_kept" }) // a full disk: nobody would know of it
    }
    own.note(admitted)
    this.#show(judged)
    queue.wake()
  }

  /** Wait for the server, since nothing can be decided without it. */
  async #askOnly(scan) {
    const { queue } = this.door
    await queue.keep(scan).catch(() => {})
    const isDecided = await inTime(this.#post(scan), NO_LIST)
    if (isDecided || this.door.isRevoked || queue.scan(scan.nonce).state !== "queued") return
    // It is sent as what it was: an attempt after which nobody was let in.
    await queue.keep({ ...shown(scan, "unknown", { offline: true }), verdict: "", isUnanswered: true }).catch(() => {})
    this.#show({ scan, verdict: "no_list" })
  }

  async #post(scan) {
    try {
      await this.door.queue.post(scan)
      return true
    } catch (error) {
      this.door.fail(error)
      throw error
    }
  }

  #show(judged) {
    const answer = localAnswer({ ...judged, context: this.#context(judged.scan) })
    this.#shows.get(judged.scan.nonce)?.(answer)
  }

  #context({ event: id }) {
    const { sync: { list }, own, words, clock } = this.door
    const { admits_from: from, admits_until: until, time_zone } = list.about
    const event = { id, from: timeOf(from), until: timeOf(until), time_zone }
    return { list, own, words, clock, event }
  }
}

function shown(scan, verdict, { offline }) {
  return { ...scan, verdict, element: { ...scan.element, offline, shown: verdict } }
}

function timeOf(text) {
  return text ? Date.parse(text) : undefined
}

/** Return a random UUID; without HTTPS the browser makes none. */
function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = bytes[6] & 0x0f | 0x40
  bytes[8] = bytes[8] & 0x3f | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
