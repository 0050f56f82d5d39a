/* Chooses the best free seats on the map. The server decides which are the best, so there is one rule for it. */
import { makeRoom } from "./bar.js"
import { say } from "./seats.js"

export function offerBest(form, map, recount) {
  // A form of its own, so that an invalid number here doesn't block the other form.
  const wish = document.querySelector("[data-best-url]")
  wish.addEventListener("submit", event => {
    event.preventDefault()
    const { value } = form.querySelector("[data-quantity]")
    const most = form.querySelector("[data-most]")?.value
    const query = new URLSearchParams({ quantity: value, ...(most && { most }) })
    choose(form, map, `${wish.dataset.bestUrl}?${query}`, recount)
  })
}

async function choose(form, map, url, recount) {
  try {
    const response = await fetch(url, { cache: "no-store", headers: { "Accept": "application/json" } })
    const answer = await response.json()
    if (response.ok) take(form, map, answer.seats, recount)
    else say(form, "refused", { words: answer.error.message })
  } catch {
    form.querySelector("[data-away]").hidden = false
  }
}

function take(form, map, labels, recount) {
  for (const seat of form.querySelectorAll("[name=seats]:checked")) seat.checked = false
  const seats = labels.map(label => map.get(label)).filter(seat => seat && !seat.disabled)
  for (const seat of seats) seat.checked = true
  recount()
  say(form, "picked", { seats: seats.map(seat => seat.value) })
  makeRoom(form)
  seats[0]?.scrollIntoView({ block: "nearest", inline: "center" })
}
