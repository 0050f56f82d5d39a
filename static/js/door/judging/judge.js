/*
 * What a scan comes to, as far as this device can know: the first that is true, in the server's order.
 *
 * Refusals are certain enough to be shown. An admission isn't: another device may have let somebody in.
 */
const AGAIN = 5_000 // ms in which the same ticket on the same device is a slip
const MARGIN = 1_000 // ms by which a list may be older than it says

export const REFUSALS = [
  "invalid", "unknown", "wrong_event", "replaced", "void", "suspended", "not_yet", "over", "again", "inside", "not_inside",
]
const FORGIVEN = ["not_yet", "over"] // by a supervisor with a reason

/**
 * Return `{ verdict, ticket, entry }` for what was read.
 *
 * `claim` is null, or has the `event` and `digest`; `event` has its `id` and may have `from` and `until` (ms);
 * `own` are this device's scans (`Own`). `ticket` is of the list, undefined if it is younger; `entry` says since
 * when (ms) and where somebody has the seat, and by which ticket.
 */
export function judge({ claim, event, list, own, now, direction, override }) {
  if (!claim) return { verdict: "invalid" }
  const { digest } = claim
  const ticket = list.ticket(digest)
  const entry = entryOf({ digest, ticket, list, own })
  const at = { claim, event, ticket, entry, now, own, direction }
  const refusal = validity(at)
  const verdict = override && FORGIVEN.includes(refusal) ? "" : refusal
  return { verdict: verdict || presence(at), ticket, entry }
}

/** Return who has the seat of a ticket, or null: what this device has done since the list, else what the list says. */
export function entryOf({ digest, ticket, list, own }) {
  const mine = own.last(ticket?.seat || digest)
  if (mine && isNews(mine, list)) return mine.verdict === "admitted" ? mine : null
  const inside = ticket && list.ofSeat(ticket).find(({ since, until }) => since && !until)
  return inside ? { at: Date.parse(inside.since), gate: inside.gate, digest: inside.digest } : null
}

/** This device's own scans: when it read a ticket last, and by seat the last that moved somebody. */
export class Own {
  #last = new Map()
  #readAt = new Map()

  constructor(scans = []) {
    for (const scan of [...scans].sort((one, other) => one.at - other.at)) this.note(scan)
  }

  note(scan) {
    const key = scan.seat || scan.digest
    const moved = scan.undo && scan.undo.state !== "refused" ? "left" : scan.verdict
    if (scan.direction === "in") this.#readAt.set(scan.digest, Math.max(scan.at, this.readAt(scan.digest)))
    if (!key || !["admitted", "left"].includes(moved)) return this.#forget(key, scan)
    const known = this.#last.get(key)
    if (!known || known.at <= scan.at) this.#last.set(key, { ...scan, verdict: moved })
  }

  last(key) {
    return this.#last.get(key)
  }

  /** Return when a ticket was read here last to let somebody in (ms), or -Infinity. */
  readAt(digest) {
    return this.#readAt.get(digest) ?? -Infinity
  }

  /** A scan that was shown as an admission turned out to be none. */
  #forget(key, scan) {
    if (this.#last.get(key)?.nonce === scan.nonce) this.#last.delete(key)
  }
}

function validity({ claim, event, ticket, now, direction }) {
  if (claim.event !== event.id) return "wrong_event"
  if (ticket && ticket.status !== "valid") return ticket.status
  if (direction === "out") return ""
  if (event.from && now < event.from) return "not_yet"
  if (event.until && now > event.until) return "over"
  return ""
}

function presence({ claim, entry, now, own, direction }) {
  if (direction === "out") return entry ? "left" : "not_inside"
  if (!entry) return "admitted"
  const isSlip = entry.digest === claim.digest && now - own.readAt(claim.digest) < AGAIN
  return isSlip ? "again" : "inside"
}

/** Whether the list can't have this yet: the server hasn't answered, or has after it wrote the list. */
function isNews({ confirmedAt }, { about }) {
  return !confirmedAt || confirmedAt + MARGIN > (about.at ?? 0)
}
