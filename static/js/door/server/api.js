/*
 * Asks the server, as this device: its cookie is sent by itself.
 */
const API = "/api/door"
const PATIENCE = 10_000 // ms; after that a question is asked again

/** The server's refusal: `status`, the error's `code` and `message`, and how long to wait (ms), if it says so. */
export class Refused extends Error {
  constructor(status, { code = "", message = "" } = {}, wait = 0) {
    super(message)
    Object.assign(this, { status, code, wait })
  }
}

/** Return the answer to `path` as JSON; with `body`, it is sent. Raise `Refused`, or what `fetch` raises. */
export async function ask(path, { body, patience = PATIENCE } = {}) {
  const headers = { "Accept": "application/json" }
  const options = { headers, cache: "no-store", signal: AbortSignal.timeout(patience) }
  if (body) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) })
    headers["Content-Type"] = "application/json"
  }
  return readAnswer(await fetch(API + path, options))
}

/** Ask for what may be the same as at `etag`, and return the response; `wait` (s) lets the server hold it. */
export function askAgain(path, { etag, wait, signal }) {
  const headers = { "Accept": "application/json" }
  if (etag) headers["If-None-Match"] = etag
  if (wait) headers["Prefer"] = `wait=${wait}`
  return fetch(API + path, { headers, cache: "no-store", signal })
}

/** Return a response's content; raise `Refused` unless it is a success. */
export async function readAnswer(response) {
  if (response.ok) return response.json()
  const { error } = await response.json().catch(() => ({}))
  throw new Refused(response.status, error, Number(response.headers.get("Retry-After") ?? 0) * 1_000)
}
