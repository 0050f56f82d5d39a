/*
 * Enhances the seat map, which also works without scripts: a running total, the limit for one booking, arrow
 * keys, zoom, price chips, the best seats at one press, and live updates.
 */
import { isSeat, say, SeatMap } from "./seats.js"
import { keepClear } from "./bar.js"
import { describe } from "./about.js"
import { aim } from "./aim.js"
import { offerBest } from "./best.js"
import { offerCompanion } from "./companion.js"
import { showEdges } from "./view/edges.js"
import { filterByPrice } from "./filter.js"
import { sayWhenInLine } from "./in_line.js"
import { moveByKeys } from "./keys.js"
import { keepUpToDate } from "./live.js"
import { resize } from "./view/size.js"
import { count, keepCount } from "../places/order.js"

function start(form) {
  const map = new SeatMap(form)
  const recount = latest => count(form, latest)
  form.addEventListener("change", event => isSeat(event.target) && choose(form, event.target, recount))
  addEventListener("pageshow", () => bringBack(form, recount)) // the browser may restore choices
  keepCount(form, recount)
  form.querySelector("[data-house]").toggleAttribute("data-live", true)
  moveByKeys(form)
  filterByPrice(form)
  aim(form, resize(form))
  showEdges(form)
  describe(form)
  offerBest(form, map, recount)
  keepUpToDate(form, map, recount)
  sayWhenInLine(form.action)
  recount()
  keepClear(form)
}

function choose(form, seat, recount) {
  say(form, "nothing") // hide the last message
  recount(seat)
  offerCompanion(form, seat, recount)
}

function bringBack(form, recount) {
  for (const seat of form.querySelectorAll("[name=seats]:checked:disabled")) seat.checked = false
  recount()
}

document.querySelectorAll("[data-seat-map]").forEach(start)
