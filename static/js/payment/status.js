/*
 * Keeps the page of a payment up to date.
 *
 * All words are in the template: this module sets data-status, data-acts (if the customer has yet to pay by Stripe's
 * instructions), data-late, data-silent and data-problem, and CSS shows what belongs to them.
 */
import { writeLabels } from "../shared/labels.js"
import { writeMoney } from "../shared/money.js"
import { followTogether } from "../shared/together.js"
import { hear } from "../shared/tabs.js"
import { heldHeaders, plainHeaders, postJson } from "../shared/waiting.js"

const LATE = 30_000 // ms without a decision until the page asks for verification

const decidedAt = new WeakMap() // when each panel last got a status, in ms since the page was opened

export function pollPaymentStatus(panel) {
  return followTogether(`payment:${panel.dataset.sessionId}`, {
    isWatched: () => isWatched(panel),
    etag: () => panel.dataset.etag,
    ask: (signal, how) => ask(panel, signal, how),
    take: ({ response, askedAt }) => handleStatusResponse(panel, response, askedAt),
    // a single failure isn't worth a message
    fail: failures => failures > 1 && (panel.dataset.problem = "away"),
  })
}

/** Take over one answer. Return whether the status changed; throw when the server couldn't say. */
export async function handleStatusResponse(panel, response, askedAt) {
  if (response.status === 404) {
    panel.dataset.problem = "unknown"
    return false
  }
  if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
  const state = response.status === 304 ? null : await response.json()
  delete panel.dataset.problem
  return state !== null && show(panel, state, response.headers.get("ETag"), askedAt)
}

/** Ask for verification, once per page: the reconciler does the rest. */
export async function handleTimeout(panel) {
  if (!isUndecided(panel) || "late" in panel.dataset) return
  panel.dataset.late = ""
  await verify(panel)
}

async function ask(panel, signal, { held }) {
  const { etag, statusUrl } = panel.dataset
  const askedAt = performance.now()
  const options = { cache: "no-store", headers: held ? heldHeaders(etag) : plainHeaders(etag), signal }
  return { response: await fetch(statusUrl, options), askedAt }
}

async function verify(panel) {
  const { verifyUrl, sessionId, csrfToken } = panel.dataset
  try {
    const response = await postJson(verifyUrl, csrfToken, { session_id: sessionId })
    panel.toggleAttribute("data-silent", response.status === 503)
    await handleStatusResponse(panel, response)
  } catch {
    // The loop still asks, and reports a lost connection.
  }
}

function show(panel, state, etag, askedAt) {
  // A response that was overtaken on its way must not undo a decision; a later request may.
  if (!isWatched(panel) && !(askedAt > decidedAt.get(panel))) return false
  decidedAt.set(panel, performance.now())
  const changed = panel.dataset.status !== state.status
  panel.dataset.status = state.status
  panel.dataset.processed = state.is_processed
  panel.toggleAttribute("data-free", state.booking?.amount_total === 0)
  if (etag) panel.dataset.etag = etag
  showFields(panel, state)
  showInstructions(panel, state.instructions_url)
  showTickets(panel, state.tickets ?? [])
  showTitle(panel)
  return changed
}

function showFields(panel, { message, error_message, checked_at, booking }) {
  const checkedAt = checked_at && new Date(checked_at).toLocaleTimeString(document.documentElement.lang)
  const words = { message, error_message, checked_at: checkedAt, ticket_reference: booking?.ticket_reference }
  for (const field of panel.querySelectorAll("[data-field]")) {
    const text = words[field.dataset.field] ?? ""
    if (field.textContent !== text) field.textContent = text
  }
  const seats = panel.querySelector("[data-seats]")
  if (seats) writeLabels(seats, booking?.booked_seats ?? [])
  if (booking) showTotal(panel, booking.amount_total)
}

/** Show what was paid, if that is another total: a coupon or a tax at the checkout is only known then. */
function showTotal(panel, total) {
  const summary = panel.querySelector("[data-total]")
  const lines = [...summary.querySelectorAll("[data-amount]")]
  if (Number(summary.dataset.total) === total || lines.length === 0) return
  summary.dataset.total = total
  lines[0].querySelector("dd").textContent = writeMoney(summary.dataset.hundred, total)
  lines.slice(1).forEach(line => line.remove())
}

function showInstructions(panel, url) {
  panel.toggleAttribute("data-acts", Boolean(url))
  panel.querySelector("[data-instructions]").href = url ?? ""
}

function showTickets(panel, tickets) {
  panel.querySelector("[data-tickets]").replaceChildren(...tickets.map(ticket => drawTicket(panel, ticket)))
}

function drawTicket(panel, { seat, success, error_message, url, qr_url }) {
  const drawn = panel.querySelector("template[data-ticket]").content.cloneNode(true).firstElementChild
  const marks = [...panel.querySelector("template[data-marks]").content.children]
  const kinds = [...panel.querySelector("template[data-kinds]").content.children]
  const mark = marks.find(({ dataset }) => dataset.why === error_message)
  drawn.dataset.usable = success
  for (const place of drawn.querySelectorAll("[data-seat]")) place.textContent = seat
  drawn.querySelector("[data-kind]").textContent = kinds.find(({ dataset }) => dataset.of === seat)?.textContent ?? ""
  drawn.querySelector("[data-error]").textContent = error_message ?? ""
  if (mark) drawn.querySelector("[data-mark]").textContent = mark.textContent
  drawn.querySelector("[data-link]").href = url
  if (success) drawn.querySelector("[data-qr]").src = qr_url
  else drawn.querySelector("[data-qr]").remove()
  return drawn
}

function showTitle(panel) {
  const acts = "acts" in panel.dataset ? ".payment-idle" : ".payment-act"
  const paid = "free" in panel.dataset ? ".if-charged" : ".if-free"
  const words = panel.querySelector(`[data-title] [data-when~="${panel.dataset.status}"]:not(${acts}, ${paid})`)
  if (words) document.title = [words.textContent, ...document.title.split(" · ").slice(1)].join(" · ")
}

function isWatched(panel) {
  return panel.dataset.processed !== "true" && panel.dataset.problem !== "unknown"
}

function isUndecided(panel) {
  return isWatched(panel) && ["pending", "processing"].includes(panel.dataset.status)
}

function watch(panel) {
  decidedAt.set(panel, 0)
  showTitle(panel)
  panel.querySelector("[data-check]").addEventListener("click", () => verify(panel))
  setTimeout(() => handleTimeout(panel), LATE)
  const { refresh } = pollPaymentStatus(panel)
  hear("stopped", ({ url }) => panel.querySelector(`[data-link][href="${url}"]`) && refresh())
}

document.querySelectorAll("[data-status-url]").forEach(watch)
