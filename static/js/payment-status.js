/*
 * Keeps the payment panel in step with the server.
 *
 * The server may hold each question until the status changes or the wait ends. The words live in the
 * template: this module sets data-status, data-late, data-silent and data-problem, and CSS shows what belongs
 * to them.
 */
const WAIT = 25 // seconds the server may hold a question
const TIMEOUT = 35_000 // ms; the connection is dead beyond this
const HELD = 1_000 // ms; an answer that took longer was held by the server
const POLL = 2_000 // ms between questions to a server that holds none
const LATE = 30_000 // ms without a decision until the page asks for verification
const PAUSES = [0, 250, 1_000, 3_000, 10_000] // ms, by failures in a row
const NUDGED = new Error("asked again, the customer is back")

let nudge = () => {} // ends the question or the pause that is under way

export async function pollPaymentStatus(panel, pause = delay) {
  for (let failures = 0; isWatched(panel); ) {
    const askedAt = performance.now()
    try {
      const changed = await handleStatusResponse(panel, await ask(panel))
      failures = 0
      await pause(changed || performance.now() - askedAt > HELD ? 0 : POLL)
    } catch (error) {
      failures = error === NUDGED ? 0 : failures + 1
      if (failures > 1) panel.dataset.problem = "away" // a single hiccup isn't worth a word
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)])
    }
  }
}

/** Take over one answer. Return whether the status changed; throw when the server couldn't say. */
export async function handleStatusResponse(panel, response) {
  if (response.status === 404) {
    panel.dataset.problem = "unknown"
    return false
  }
  if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
  const state = response.status === 304 ? null : await response.json()
  delete panel.dataset.problem
  return state !== null && show(panel, state, response.headers.get("ETag"))
}

/** Ask for verification, once in the life of a page: the reconciler does the rest without it. */
export async function handleTimeout(panel) {
  if (!isUndecided(panel) || "late" in panel.dataset) return
  panel.dataset.late = ""
  await verify(panel)
}

async function ask(panel) {
  const request = new AbortController()
  const timer = setTimeout(() => request.abort(), TIMEOUT)
  nudge = () => request.abort(NUDGED)
  try {
    return await fetch(panel.dataset.statusUrl, {
      cache: "no-store",
      headers: { "Accept": "application/json", "If-None-Match": panel.dataset.etag, "Prefer": `wait=${WAIT}` },
      signal: request.signal,
    })
  } finally {
    clearTimeout(timer)
  }
}

async function verify(panel) {
  const { verifyUrl, sessionId, csrfToken } = panel.dataset
  const headers = { "Accept": "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken }
  try {
    const body = JSON.stringify({ session_id: sessionId })
    const response = await fetch(verifyUrl, { method: "POST", headers, body })
    panel.toggleAttribute("data-silent", response.status === 503)
    await handleStatusResponse(panel, response)
  } catch {
    // The loop is still asking, and is the one to say that the connection is away.
  }
}

function show(panel, state, etag) {
  // An answer that was overtaken on its way must not undo a decision.
  if (!isWatched(panel)) return false
  const changed = panel.dataset.status !== state.status
  panel.dataset.status = state.status
  panel.dataset.processed = state.is_processed
  if (etag) panel.dataset.etag = etag
  showFields(panel, state)
  showTickets(panel, state.tickets ?? [])
  showTitle(panel)
  return changed
}

function showFields(panel, { message, error_message, checked_at, booking }) {
  const checkedAt = checked_at && new Date(checked_at).toLocaleTimeString(document.documentElement.lang)
  const seats = booking?.booked_seats?.join(", ")
  const words = { message, error_message, checked_at: checkedAt, seats, ticket_reference: booking?.ticket_reference }
  for (const field of panel.querySelectorAll("[data-field]")) {
    const text = words[field.dataset.field] ?? ""
    if (field.textContent !== text) field.textContent = text
  }
}

function showTickets(panel, tickets) {
  const template = panel.querySelector("template[data-ticket]")
  panel.querySelector("[data-tickets]").replaceChildren(...tickets.map(ticket => drawTicket(template, ticket)))
}

function drawTicket(template, { seat, success, error_message, url, qr_url }) {
  const drawn = template.content.cloneNode(true).firstElementChild
  drawn.dataset.usable = success
  for (const place of drawn.querySelectorAll("[data-seat]")) place.textContent = seat
  drawn.querySelector("[data-error]").textContent = error_message ?? ""
  drawn.querySelector("[data-link]").href = url
  if (success) drawn.querySelector("[data-qr]").src = qr_url
  else drawn.querySelector("[data-qr]").remove()
  return drawn
}

function showTitle(panel) {
  const words = panel.querySelector(`[data-title] [data-when~="${panel.dataset.status}"]`)
  if (words) document.title = [words.textContent, ...document.title.split(" · ").slice(1)].join(" · ")
}

function isWatched(panel) {
  return panel.dataset.processed !== "true" && panel.dataset.problem !== "unknown"
}

function isUndecided(panel) {
  return isWatched(panel) && ["pending", "processing"].includes(panel.dataset.status)
}

function delay(ms) {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
    nudge = resolve
  })
}

function watch(panel) {
  showTitle(panel)
  panel.querySelector("[data-check]").addEventListener("click", () => verify(panel))
  document.addEventListener("visibilitychange", () => document.hidden || nudge())
  addEventListener("pageshow", event => event.persisted && nudge())
  addEventListener("online", () => nudge())
  addEventListener("offline", () => nudge()) // a question under way wouldn't notice for half a minute
  setTimeout(() => handleTimeout(panel), LATE)
  pollPaymentStatus(panel)
}

document.querySelectorAll("[data-status-url]").forEach(watch)
