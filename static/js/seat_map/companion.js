/* Offers the companion's place beside a wheelchair place that was chosen. */
import { say } from "./seats.js"

export function offerCompanion(form, seat, recount) {
  const beside = seat.checked && seat.dataset.mark === "wheelchair" && companion(seat)
  if (!beside) return
  say(form, "companion", { seats: [beside.value] })
  form.querySelector("[data-take]").onclick = () => {
    say(form, "nothing")
    beside.checked = !beside.disabled
    beside.inert = false
    recount(beside)
    beside.focus({ preventScroll: true })
  }
}

/** A free companion's place beside `seat`: an aisle is an element of its own. */
function companion(seat) {
  const neighbours = [seat.nextElementSibling, seat.previousElementSibling]
  return neighbours.find(it => it?.matches("[data-mark=companion]:enabled:not(:checked)"))
}
