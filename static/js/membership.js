/*
 * Keeps the member's page in step with the server: when the status has another version, the page's own section
 * is asked for again and takes the old one's place. The words live in the templates alone.
 */
import { followTogether } from "./shared.js"
import { tell } from "./tabs.js"
import { heldHeaders, plainHeaders } from "./waiting.js"

const NAME = "membership"
const SECTION = "[data-membership]"

const section = () => document.querySelector(SECTION)

const { refresh } = followTogether(NAME, {
  isWatched: () => section() !== null,
  etag: () => section().dataset.etag,
  ask: (signal, { held }) => ask(signal, held),
  take,
  fail: failures => failures > 1 && sayThatItIsAway(true),
})

function ask(signal, held) {
  const { etag, statusUrl } = section().dataset
  const headers = held ? heldHeaders(etag) : plainHeaders(etag)
  return fetch(statusUrl, { cache: "no-store", headers, signal })
}

/** Take over one answer. Return whether there was something new; throw when the server couldn't say. */
async function take(response) {
  if (response.status === 401) return location.reload() // signed out meanwhile
  if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
  sayThatItIsAway(false)
  if (response.status === 304) return false
  await redraw()
  return true
}

async function redraw() {
  const answer = await fetch(location.pathname, { cache: "no-store" })
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const focused = document.activeElement?.closest("form")?.action
  section().replaceWith(document.adoptNode(page.querySelector(SECTION)))
  document.querySelector(`form[action="${focused && new URL(focused).pathname}"] button`)?.focus()
}

function sayThatItIsAway(isAway) {
  const words = document.querySelector("[data-away]")
  if (words) words.hidden = !isAway
}

async function check(form) {
  const { verifyUrl, csrfToken } = section().dataset
  const headers = { "Accept": "application/json", "X-CSRFToken": csrfToken }
  const button = form.querySelector("button")
  button.disabled = true
  try {
    await fetch(verifyUrl, { method: "POST", headers })
    await redraw()
    tell("changed", { name: NAME })
  } catch {
    await refresh()
  } finally {
    button.disabled = false
  }
}

document.addEventListener("submit", event => {
  if (!event.target.matches("[data-check]")) return
  event.preventDefault()
  check(event.target)
})

// Whoever comes back from Stripe's pages has probably changed something.
if (new URLSearchParams(location.search).has("from")) {
  const form = document.querySelector("[data-check]")
  if (form) check(form)
  history.replaceState(null, "", location.pathname)
}
