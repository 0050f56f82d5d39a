/*
 * Asks the server about each scan, and keeps the figures of the evening up to date.
 */
const PACE = 10_000 // ms between two questions for the figures

export async function openDoor(chosen) {
  const door = new Session(chosen)
  await door.refresh().catch(() => {})
  return door
}

class Session extends EventTarget {
  state = {
    online: navigator.onLine,
    list_age: null,
    tickets: 0,
    queued: 0,
    inside: null,
    expected: null,
    per_minute: null,
    by_gate: {},
    skew_ms: 0,
    revoked: false,
    locked: false,
    persisted: null,
  }

  constructor(chosen) {
    super()
    this.chosen = chosen
    setInterval(() => this.refresh().catch(() => {}), PACE)
  }

  async refresh() {
    const { counts } = await this.#ask(`/api/door/events/${this.chosen.event}/list`)
    this.#set(counts ?? {})
  }

  async scan({ kind, direction = this.chosen.direction, override, ...what }, onVerdict) {
    const { event, gate, person } = this.chosen
    const { token, ticket } = what
    const scan = { nonce: crypto.randomUUID(), token, ticket, direction, kind, scanned_at: now(), gate, override }
    const body = { sent_at: now(), event, person, scans: [scan] }
    const { scans, counts } = await this.#ask("/api/door/scans", body)
    this.#set(counts ?? {})
    const [answer] = scans
    onVerdict({ notes: [], message: answer.error?.message, ...answer, nonce: scan.nonce, confirmed: true })
  }

  undo(nonce, reason = "") {
    return this.#ask(`/api/door/scans/${nonce}/undo`, { reason })
  }

  async search(text) {
    const query = new URLSearchParams({ q: text })
    return (await this.#ask(`/api/door/events/${this.chosen.event}/search?${query}`)).tickets
  }

  async conflicts() {
    return (await this.#ask(`/api/door/events/${this.chosen.event}/conflicts`)).conflicts
  }

  settle(id, how, reason) {
    return this.#ask(`/api/door/conflicts/${id}/settle`, { how, reason })
  }

  async exportQueue() {
    return new Blob(["[]"], { type: "application/json" })
  }

  async forget() {}

  async #ask(url, body) {
    const headers = { "Content-Type": "application/json", "Accept": "application/json" }
    const how = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers }
    const response = await fetch(url, how)
    if (response.status === 401) this.#set({ revoked: true })
    if (!response.ok) throw new Error((await response.json()).error.message)
    return response.json()
  }

  #set(changes) {
    Object.assign(this.state, changes)
    this.dispatchEvent(new Event("state"))
  }
}

function now() {
  return new Date().toISOString()
}
