/* The page of an event without a map: a running total, and buttons for the numbers of places. */
import { count, keepCount } from "./order.js"
import { keepClear } from "../seat_map/bar.js"
import { sayWhenInLine } from "../seat_map/in_line.js"

function start(form) {
  const recount = latest => count(form, latest)
  keepCount(form, recount)
  addEventListener("pageshow", () => recount()) // the browser may restore numbers
  sayWhenInLine(form.action)
  recount()
  keepClear(form)
}

document.querySelectorAll("[data-order]").forEach(start)
