/* Chooses the best free seats on the map. The server decides which are the best, so there is one rule for it. */
import { makeRoom } from "./bar.js"
import { mostOf } from "./filter.js"
import { say } from "./seats.js"

export function offerBest(form, map, recount) {
  // A form of its own, so that an invalid number here doesn't block the other form.
  const wish = document.querySelector("[data-best-url]")
  const number = form.querySelector("[data-quantity]")
  form.querySelector("[data-fewer]").addEventListener("click", () => step(form, number, -1))
  form.querySelector("[data-more-seats]").addEventListener("click", () => step(form, number, 1))
  number.addEventListener("input", () => step(form, number, 0))
  step(form, number, 0)
  wish.addEventListener("submit", event => {
    event.preventDefault()
    const most = mostOf(form)
    const query = new URLSearchParams({ quantity: number.value, ...(most && { most }) })
    choose(form, map, `${wish.dataset.bestUrl}?${query}`, recount)
  })
}

function step(form, number, by) {
  if (by) number.value = Math.min(number.max, Math.max(number.min, (Number(number.value) || 1) + by))
  form.querySelector("[data-fewer]").ariaDisabled = String(Number(number.value) <= Number(number.min))
  form.querySelector("[data-more-seats]").ariaDisabled = String(Number(number.value) >= Number(number.max))
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
