/*
 * Adds to the seat map what it works without: a running total, the limit of one booking, the arrow keys, the
 * size of the drawing, the best seats at one press, and what others do meanwhile.
 */
import { chosen, isLeftLocked, isSeat, SeatMap } from "./seats.js"
import { offerBest } from "./seat-map-best.js"
import { moveByKeys } from "./seat-map-keys.js"
import { keepUpToDate } from "./seat-map-live.js"
import { resize } from "./seat-map-size.js"
import { countDown } from "./hold.js"

function start(form) {
  const map = new SeatMap(form)
  const recount = latest => count(form, latest)
  form.addEventListener("change", event => isSeat(event.target) && recount(event.target))
  addEventListener("pageshow", () => bringBack(form, recount)) // the browser may bring choices back
  form.querySelector("[data-tools]").hidden = false
  form.querySelector("[data-house]").toggleAttribute("data-live", true)
  moveByKeys(form)
  resize(form, map)
  offerBest(form, map, recount)
  keepUpToDate(form, map, recount)
  countDown(form, map)
  recount()
}

function bringBack(form, recount) {
  for (const seat of form.querySelectorAll("[name=seats]:checked:disabled")) seat.checked = false
  recount()
}

function count(form, latest) {
  const max = Number(form.dataset.max)
  if (latest && isLeftLocked(latest)) latest.checked = false
  const isOver = Boolean(latest?.checked) && chosen(form).length > max
  if (isOver) latest.checked = false
  const seats = chosen(form)
  const total = seats.reduce((sum, seat) => sum + amount(form, seat), 0)
  show(form.querySelector("[data-chosen]"), { number: seats.length, total: money(form, total), isOver })
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

function amount(form, seat) {
  return Number(form.querySelector(`[data-price="${seat.dataset.k}"]`).dataset.amount)
}

/** Write an amount as the server does: data-hundred is how it writes 100, such as "€1.00" or "¥100". */
function money(form, amount) {
  const { hundred } = form.dataset
  const [written, whole, point = "", decimals = ""] = hundred.match(/(\d+)(\D(?=\d))?(\d*)/)
  const value = (amount / 100) * Number(`${whole}.${decimals || 0}`)
  return hundred.replace(written, value.toFixed(decimals.length).replace(".", point))
}

document.querySelectorAll("[data-seat-map]").forEach(start)
