/*
 * Enhances the page where the counter chooses places: steppers, number keys, and the map as customers have it,
 * with arrow keys, sizes and live updates. Without scripts the form works as it is.
 */
import { chosen, isLeftLocked, isSeat, say, SeatMap } from "../seat_map/seats.js"
import { describe } from "../seat_map/about.js"
import { moveByKeys } from "../seat_map/keys.js"
import { keepUpToDate } from "../seat_map/live.js"
import { resize } from "../seat_map/view/size.js"
import { aim } from "../seat_map/aim.js"
import { showEdges } from "../seat_map/view/edges.js"
import { enterByKeys, letStep } from "./steps.js"

function start(form) {
  const recount = latest => count(form, latest)
  letStep(form)
  enterByKeys(form)
  form.addEventListener("input", () => recount())
  if ("seatMap" in form.dataset) drawMap(form, recount)
  recount()
}

function drawMap(form, recount) {
  const map = new SeatMap(form)
  form.addEventListener("change", event => {
    if (!isSeat(event.target)) return
    say(form, "nothing") // hide the last message
    recount(event.target)
  })
  addEventListener("pageshow", () => recount())
  form.querySelector("[data-house]").toggleAttribute("data-live", true)
  moveByKeys(form)
  aim(form, resize(form))
  showEdges(form)
  describe(form)
  keepUpToDate(form, map, recount)
}

function count(form, latest) {
  if (latest && isLeftLocked(latest)) latest.checked = false
  const numbers = [...form.querySelectorAll("[data-steps] input")].map(input => Number(input.value) || 0)
  const number = numbers.reduce((sum, one) => sum + one, chosen(form).length)
  const output = form.querySelector("[data-chosen]")
  output.hidden = false
  output.querySelector("[data-number]").textContent = number
}

document.querySelectorAll("[data-counter]").forEach(start)
