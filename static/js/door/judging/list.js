/*
 * All tickets of an event, as the server said last: each a row, found by the digest of its code.
 */
const FIELDS = ["digest", "status", "reason", "seat", "name", "category", "notes", "group", "since", "gate", "until"]
const GROUP = FIELDS.indexOf("group")
const MOST = 50 // found at once

export class List {
  #rows = new Map()
  #groups = new Map() // of digests

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

  put(rows) {
    for (const row of rows) {
      this.#leave(this.#rows.get(row[0]))
      this.#rows.set(row[0], row)
      if (row[GROUP]) this.#groupOf(row).add(row[0])
    }
  }

  ticket(digest) {
    const row = this.#rows.get(digest)
    return row && Object.fromEntries(FIELDS.map((field, index) => [field, row[index]]))
  }

  /** Return the tickets that were bought with this one, itself included, without those that aren't valid. */
  together({ digest, group }) {
    const all = group ? [...this.#groups.get(group) ?? [digest]] : [digest]
    return all.map(it => this.ticket(it)).filter(({ status }) => status === "valid")
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

  #groupOf(row) {
    if (!this.#groups.has(row[GROUP])) this.#groups.set(row[GROUP], new Set())
    return this.#groups.get(row[GROUP])
  }

  #leave(row) {
    if (row?.[GROUP]) this.#groups.get(row[GROUP]).delete(row[0])
  }
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
}
