/*
 * Enhances the seat map, which also works without scripts: a running total, the limit for one booking, arrow
 * keys, zoom, the best seats at one press, and live updates.
 */
import { chosen, isLeftLocked, isSeat, say, SeatMap } from "./seats.js"
import { keepClear } from "./bar.js"
import { describe } from "./about.js"
import { offerBest } from "./best.js"
import { offerCompanion } from "./companion.js"
import { sayWhenInLine } from "./in_line.js"
import { moveByKeys } from "./keys.js"
import { keepUpToDate } from "./live.js"
import { resize } from "./size.js"
import { writeMoney } from "../shared/money.js"

function start(form) {
  const map = new SeatMap(form)
  const recount = latest => count(form, latest)
  form.addEventListener("change", event => isSeat(event.target) && choose(form, event.target, recount))
  addEventListener("pageshow", () => bringBack(form, recount)) // the browser may restore choices
  form.querySelector("[data-tools]").hidden = false
  form.querySelector("[data-house]").toggleAttribute("data-live", true)
  moveByKeys(form)
  resize(form)
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

function count(form, latest) {
  const max = most(form)
  if (latest && isLeftLocked(latest)) latest.checked = false
  const isOver = Boolean(latest?.checked) && chosen(form).length > max
  if (isOver) latest.checked = false
  const seats = chosen(form)
  const amount = total(form, seats)
  form.elements.total.value = amount // the server refuses to charge more than the customer has read here
  show(form.querySelector("[data-chosen]"), { number: seats.length, total: writeMoney(form.dataset.hundred, amount), isOver })
}

function show(output, { number, total, isOver }) {
  const kind = ["none", "one"][number] ?? "many"
  for (const words of output.querySelectorAll("[data-count]")) {
    words.hidden = words.dataset.count !== kind && !(isOver && words.dataset.count === "full")
  }
  output.hidden = false
  output.querySelectorAll("[data-number]").forEach(place => { place.textContent = number })
  output.querySelectorAll("[data-total]").forEach(place => { place.textContent = total })
}

/** How many seats may be chosen: in the presale, no more than the member's limit. */
function most(form) {
  const { max, memberLeft } = form.dataset
  return "presale" in form.dataset ? Math.min(max, memberLeft) : Number(max)
}

/** What the seats cost: the dearest ones at the member's price, up to the member's limit. */
function total(form, seats) {
  const prices = seats.map(seat => form.querySelector(`[data-price="${seat.dataset.k}"]`).dataset)
  const { memberLeft = 0 } = form.dataset
  prices.sort((a, b) => b.amount - a.amount)
  return prices.reduce((sum, price, n) => sum + Number(n < memberLeft ? price.memberAmount : price.amount), 0)
}

document.querySelectorAll("[data-seat-map]").forEach(start)
