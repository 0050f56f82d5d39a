/*
 * Keeps the seat map up to date with what others do.
 *
 * The entity tag says which states the page shows, and the server answers with what has changed since. A hidden
 * page doesn't ask, nor one whose form is being sent, because it causes the next changes itself.
 */
import { isSeat, say } from "./seats.js"
import { replace } from "../shared/redraw.js"
import { hear, tell } from "../shared/tabs.js"
import { follow, heldHeaders } from "../shared/waiting.js"

const STATES = ["free", "held", "taken"]
const SENDING = 5_000 // ms; by then this browser knows which seats it got in another tab

export function keepUpToDate(form, map, recount) {
  let term = null // an AbortController while the map is being followed
  let isResting = false // while another tab buys seats, which would look like somebody else's

  function stop() {
    term?.abort()
    term = null
  }

  function go() {
    if (document.hidden || term || isResting) return
    term = new AbortController()
    followSeats(form, map, recount, term.signal)
  }

  /** Continue with a new drawing: some seats may be this browser's own without this page knowing. */
  async function begin() {
    await redraw(form, map, recount).catch(() => {}) // changes arrive once there is a network again
    isResting = false
    go()
  }

  document.addEventListener("submit", ({ target }) => {
    if (target.action !== form.action) return
    stop()
    tell("checkout", { page: form.dataset.page })
  })
  hear("checkout", ({ page }) => {
    if (page !== form.dataset.page) return
    stop()
    isResting = true
    setTimeout(begin, SENDING)
  })
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : go()))
  addEventListener("pageshow", event => (event.persisted ? begin() : go()))
  go()
}

function followSeats(form, map, recount, signal) {
  return follow({
    signal,
    isWatched: () => "tag" in form.dataset,
    ask: abort => {
      const options = { cache: "no-store", headers: heldHeaders(form.dataset.tag), signal: abort }
      return fetch(form.dataset.seatsUrl, options)
    },
    take: response => !signal.aborted && take(form, map, recount, response),
    fail: failures => { form.querySelector("[data-away]").hidden = failures < 2 }, // not for a single failure
  })
}

async function take(form, map, recount, response) {
  if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
  form.querySelector("[data-away]").hidden = true
  if (response.status === 304) return false
  const change = await response.json()
  if (change.layout === form.dataset.layout) {
    form.dataset.tag = response.headers.get("ETag")
    apply(form, map, recount, change)
  } else if (await redraw(form, map, recount)) {
    say(form, "changed")
  }
  return true
}

function apply(form, map, recount, change) {
  const before = map.free
  const lost = STATES.flatMap(state => change[state].filter(label => map.put(label, state)))
  form.dispatchEvent(new CustomEvent("seats", { detail: change, bubbles: true }))
  if (lost.length > 0) {
    recount()
    say(form, "lost", { seats: lost })
  } else if (before > 0 && map.free === 0) {
    say(form, "sold-out")
  }
}

/**
 * Fetch the page again, put in its drawing, and say which chosen seats were lost. Return whether the seats or
 * their prices differ.
 */
async function redraw(form, map, recount) {
  const response = await fetch(form.dataset.page, { cache: "no-store" })
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  const page = new DOMParser().parseFromString(await response.text(), "text/html")
  const fresh = page.querySelector("[data-seat-map]")
  if (!fresh) return location.reload() // the sale is over
  const isOther = fresh.dataset.layout !== form.dataset.layout
  Object.assign(form.dataset, { layout: fresh.dataset.layout, tag: fresh.dataset.tag })
  const lost = exchange(form, map, fresh)
  replace(document.querySelector("[data-holds]"), document.adoptNode(page.querySelector("[data-holds]")))
  form.dispatchEvent(new CustomEvent("redrawn", { bubbles: true }))
  recount()
  if (lost.length > 0) say(form, "lost", { seats: lost })
  return isOther
}

/**
 * Replace the drawing, and keep the chosen seats and the focus where possible. Return the chosen seats that
 * somebody else has now.
 */
function exchange(form, map, fresh) {
  const labels = [...form.querySelectorAll("[name=seats]:checked")].map(seat => seat.value)
  const focused = document.activeElement && isSeat(document.activeElement) && document.activeElement.value
  const drawn = [...fresh.querySelectorAll("[data-drawing]")]
  form.querySelectorAll("[data-drawing]").forEach((part, n) => part.replaceWith(drawn[n]))
  map.read()
  for (const label of labels) if (map.get(label)?.disabled === false) map.get(label).checked = true
  map.get(focused)?.focus({ preventScroll: true })
  return labels.filter(label => ["held", "taken"].includes(map.state(label)))
}
