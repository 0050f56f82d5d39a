/*
 * Keeps the page of a payment up to date.
 *
 * All words are in the template: this module sets data-status, data-acts (if the customer has yet to pay by Stripe's
 * instructions), data-late, data-silent and data-problem, and CSS shows what belongs to them. Tickets and what can be
 * done with the booking are the server's: once the payment is decided, those parts of the page are fetched again.
 */
import { fetchPage, replace } from "../shared/redraw.js"
import { followTogether } from "../shared/together.js"
import { hear } from "../shared/tabs.js"
import { heldHeaders, plainHeaders, postJson } from "../shared/waiting.js"

const UNDECIDED = ["pending", "processing"]
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
  return state !== null && await show(panel, state, response.headers.get("ETag"), askedAt)
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

async function show(panel, state, etag, askedAt) {
  // A response that was overtaken on its way must not undo a decision; a later request may.
  const isOvertaken = () => !isWatched(panel) && !(askedAt > decidedAt.get(panel))
  if (isOvertaken()) return false
  // Before the words, so that nobody reads of tickets and sees none. If it fails, the status is asked for again.
  if (!UNDECIDED.includes(state.status)) await showParts(panel)
  if (isOvertaken()) return false
  decidedAt.set(panel, performance.now())
  const changed = panel.dataset.status !== state.status
  panel.dataset.status = state.status
  panel.dataset.processed = state.is_processed
  panel.toggleAttribute("data-free", state.booking?.amount_total === 0)
  if (etag) panel.dataset.etag = etag
  showFields(panel, state)
  showInstructions(panel, state.instructions_url)
  showTitle(panel)
  return changed
}

function showFields(panel, { message, error_message, checked_at }) {
  const checkedAt = checked_at && new Date(checked_at).toLocaleTimeString(document.documentElement.lang)
  const words = { message, error_message, checked_at: checkedAt }
  for (const field of panel.querySelectorAll("[data-field]")) {
    const text = words[field.dataset.field] ?? ""
    if (field.textContent !== text) field.textContent = text
    field.hidden = text === field.dataset.unless // the heading says it
  }
}

function showInstructions(panel, url) {
  panel.toggleAttribute("data-acts", Boolean(url))
  panel.querySelector("[data-instructions]").href = url ?? ""
}

/** Fetch the page again, and put its tickets and its details in place. Throw if that isn't possible. */
async function showParts(panel) {
  const fresh = (await fetchPage(panel.dataset.page))?.querySelector("[data-status-url]")
  if (!fresh) throw new Error("The page of the payment is gone")
  panel.toggleAttribute("data-going", "going" in fresh.dataset)
  for (const part of panel.querySelectorAll("[data-part]")) {
    const after = fresh.querySelector(`[data-part="${part.dataset.part}"]`)
    if (after.innerHTML !== part.innerHTML) replace(part, document.adoptNode(after))
  }
}

function showTitle(panel) {
  const acts = "acts" in panel.dataset ? ".payment-idle" : ".payment-act"
  const paid = "free" in panel.dataset ? ".if-charged" : ".if-free"
  const going = "going" in panel.dataset ? ".if-not-going" : ".if-going"
  const hidden = `${acts}, ${paid}, ${going}`
  const words = panel.querySelector(`[data-title] [data-when~="${panel.dataset.status}"]:not(${hidden})`)
  if (!words) return
  const said = words.dataset.short ?? words.textContent
  document.title = [said, ...document.title.split(" · ").slice(1)].join(" · ")
}

function isWatched(panel) {
  return panel.dataset.processed !== "true" && panel.dataset.problem !== "unknown"
}

function isUndecided(panel) {
  return isWatched(panel) && UNDECIDED.includes(panel.dataset.status)
}

function watch(panel) {
  decidedAt.set(panel, 0)
  showTitle(panel)
  panel.querySelector("[data-check]").addEventListener("click", () => verify(panel))
  setTimeout(() => handleTimeout(panel), LATE)
  const { refresh } = pollPaymentStatus(panel)
  hear("stopped", ({ url }) => panel.querySelector(`[data-part] a[href="${url}"]`) && refresh())
}

document.querySelectorAll("[data-status-url]").forEach(watch)
