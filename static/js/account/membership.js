/*
 * Keeps the membership page up to date: when the status has another version, the page is fetched again and its
 * section replaces the old one. All words are in the templates.
 */
import { replace } from "../shared/redraw.js"
import { followTogether } from "../shared/together.js"
import { tell } from "../shared/tabs.js"
import { heldHeaders, plainHeaders, postJson } from "../shared/waiting.js"

const NAME = "membership"
const LATE = 30_000 // ms without news of a payment until the page asks for verification, once
const UNDECIDED = ["pending", "incomplete"]
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

/** Handle a response. Return whether anything was new; throw on a server error. */
async function take(response) {
  if (response.status === 401) return location.reload() // signed out in the meantime
  if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
  sayThatItIsAway(false)
  if (response.status === 304) return false
  await redraw()
  return true
}

async function redraw() {
  const answer = await fetch(section().dataset.pageUrl, { cache: "no-store" }) // not location: this may answer a button
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  replace(section(), document.adoptNode(page.querySelector(SECTION)))
}

function sayThatItIsAway(isAway) {
  const words = document.querySelector("[data-away]")
  if (words) words.hidden = !isAway
}

let isChecking = false // the button stays enabled meanwhile: a disabled one would lose the focus

/** Have the server ask Stripe, and show the result. */
async function check() {
  if (isChecking) return
  isChecking = true
  const { verifyUrl, csrfToken } = section().dataset
  try {
    const answer = await postJson(verifyUrl, csrfToken, {})
    await redraw()
    sayThatStripeIsSilent(answer.status === 503)
    tell("changed", { name: NAME })
  } catch {
    await refresh()
  } finally {
    isChecking = false
  }
}

function sayThatStripeIsSilent(isSilent) {
  const words = document.querySelector("[data-silent]")
  if (words) words.hidden = !isSilent
}

document.addEventListener("submit", event => {
  if (!event.target.matches("[data-check]")) return
  event.preventDefault()
  check()
})

// A customer who comes back from Stripe's pages has probably changed something.
if (new URLSearchParams(location.search).has("from")) {
  if (document.querySelector("[data-check]")) check()
  history.replaceState(null, "", location.pathname)
}

setTimeout(() => UNDECIDED.includes(section()?.dataset.status) && check(), LATE)
