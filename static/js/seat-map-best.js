/* Chooses the best free seats on the map. Which are the best, the server says: it has the one rule for that. */
import { say } from "./seats.js"

export function offerBest(form, map, recount) {
  const tool = form.querySelector("[data-best-url]")
  const quantity = tool.querySelector("[data-quantity]")
  const pick = () => quantity.reportValidity() && choose(form, map, tool, quantity.value, recount)
  tool.querySelector("[data-pick]").addEventListener("click", pick)
  quantity.addEventListener("keydown", event => {
    if (event.key !== "Enter") return
    event.preventDefault() // it would send the form
    pick()
  })
}

async function choose(form, map, tool, quantity, recount) {
  try {
    const headers = { "Accept": "application/json" }
    const response = await fetch(`${tool.dataset.bestUrl}?quantity=${quantity}`, { cache: "no-store", headers })
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
  seats[0]?.scrollIntoView({ block: "nearest", inline: "center" })
}
