/*
 * All tickets of an event, as the server said last: each a row, found by the digest of its code.
 */
const FIELDS = ["digest", "status", "reason", "seat", "name", "category", "notes", "group", "since", "gate", "until"]
const SEAT = FIELDS.indexOf("seat")
const GROUP = FIELDS.indexOf("group")
const MOST = 20 // found at once

export class List {
  #rows = new Map()
  #digests = { [SEAT]: new Map(), [GROUP]: new Map() } // by seat, and by booking

  /** `about` is what the server says with the rows: version, keys, counts, and `at` (ms), by its own clock. */
  constructor(rows = [], about = {}) {
    this.about = about
    this.put(rows)
  }

  get size() {
    return this.#rows.size
  }

  get rows() {
    return [...this.#rows.values()]
  }

  /** Take up rows, in the place of older ones. */
  put(rows) {
    for (const row of rows) {
      this.#leave(this.#rows.get(row[0]))
      this.#rows.set(row[0], row)
      for (const field of [SEAT, GROUP]) if (row[field]) this.#alike(row, field).add(row[0])
    }
  }

  clear() {
    this.#rows.clear()
    this.#digests[SEAT].clear()
    this.#digests[GROUP].clear()
  }

  ticket(digest) {
    const row = this.#rows.get(digest)
    return row && Object.fromEntries(FIELDS.map((field, index) => [field, row[index]]))
  }

  /** Return the tickets that were bought with this one, itself included, without those that aren't valid. */
  together({ digest }) {
    return this.#like(digest, GROUP).filter(({ status }) => status === "valid")
  }

  /** Return all tickets that the seat of this one ever had; an earlier one may be that of who is inside. */
  ofSeat({ digest }) {
    return this.#like(digest, SEAT)
  }

  /** Return tickets of which each word of `text` begins a word of the name, or the seat. */
  find(text) {
    const words = plain(text).split(/\s+/).filter(Boolean)
    const found = []
    for (const digest of words.length ? this.#rows.keys() : []) {
      const ticket = this.ticket(digest)
      const known = plain(`${ticket.name} ${ticket.seat}`).split(/\s+/)
      if (words.every(word => known.some(it => it.startsWith(word)))) found.push(ticket)
      if (found.length === MOST) break
    }
    return found
  }

  #like(digest, field) {
    const all = this.#digests[field].get(this.#rows.get(digest)[field]) ?? [digest]
    return [...all].map(it => this.ticket(it))
  }

  #alike(row, field) {
    const known = this.#digests[field]
    if (!known.has(row[field])) known.set(row[field], new Set())
    return known.get(row[field])
  }

  #leave(row) {
    if (row) for (const field of [SEAT, GROUP]) this.#digests[field].get(row[field])?.delete(row[0])
  }
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
}
