/* What is chosen on an event's page, and what it costs: seats of the map, and places of standing areas. */
import { chosen, isLeftLocked, isSeat } from "../seat_map/seats.js"
import { typeOf, writeCosts, writeLines } from "./lines.js"
import { priceAll } from "./prices.js"
import { numberIn, numbers, offerSteps, showSteps } from "./steppers.js"
import { writeMoney } from "../shared/money.js"

/** Count anew whenever something else is chosen; `recount(latest)` may be told which field was. */
export function keepCount(form, recount) {
  offerSteps(form, recount)
  form.addEventListener("change", ({ target }) => target.matches("[data-lines] select") && recount())
  form.querySelector("[data-code]")?.addEventListener("keydown", event => {
    if (event.key !== "Enter") return
    event.preventDefault() // Enter in this field isn't meant to buy
    form.requestSubmit(form.querySelector("[name=look][value=code]"))
  })
}

/** Show how many places are chosen and their total. What was chosen at `latest` is taken back if it's too much. */
export function count(form, latest) {
  if (latest && isSeat(latest) && isLeftLocked(latest)) latest.checked = false
  const terms = JSON.parse(form.dataset.terms)
  const isOver = Boolean(latest) && takeBack(form, latest)
  const seats = chosen(form)
  writeLines(form, seats, terms)
  const places = [...seats.map(seat => placeOf(form, seat)), ...standing(form)]
  const prices = priceAll(places, terms)
  const amount = prices.reduce((sum, price) => sum + price, 0)
  form.elements.total.value = amount // the server refuses to charge more than the customer has read here
  writeCosts(form, seats.map((seat, n) => [seat.value, write(form, prices[n])]))
  showSteps(form, places.length >= most(form))
  form.toggleAttribute("data-any", places.length > 0)
  show(form, { number: places.length, total: write(form, amount), isFree: amount === 0 && (places.length > 0 || "gratis" in form.dataset), isOver })
}

function placeOf(form, seat) {
  const { amount } = form.querySelector(`[data-price="${seat.dataset.k}"]`).dataset
  return { amount: Number(amount), type: typeOf(form, seat.value) }
}

function standing(form) {
  return numbers(form).flatMap(field => {
    const { amount, type } = field.dataset
    return Array.from({ length: numberIn(field) }, () => ({ amount: Number(amount), type }))
  })
}

/** Undo the last choice as far as it is more than one booking can have; return whether it was. */
function takeBack(form, latest) {
  const over = chosen(form).length + standing(form).length - most(form)
  if (over <= 0) return false
  if (!isSeat(latest)) latest.value = Math.max(0, numberIn(latest) - over)
  else if (latest.checked) latest.checked = false
  else return false
  return true
}

/** How many places may be chosen: in the presale, no more than the member's limit. */
function most(form) {
  const { max, memberLeft } = form.dataset
  return "presale" in form.dataset ? Math.min(max, memberLeft) : Number(max)
}

function write(form, amount) {
  return amount === 0 ? form.dataset.free : writeMoney(form.dataset.hundred, amount)
}

function show(form, { number, total, isFree, isOver }) {
  const output = form.querySelector("[data-chosen]")
  const kind = ["none", "one"][number] ?? "many"
  for (const words of output.querySelectorAll("[data-count]")) {
    words.hidden = words.dataset.count !== kind && !(isOver && words.dataset.count === "full")
  }
  output.hidden = false
  output.querySelectorAll("[data-number]").forEach(place => { place.textContent = number })
  output.querySelectorAll("[data-total]").forEach(place => { place.textContent = total })
  form.querySelector("[data-due]").hidden = isFree
  form.querySelector("[data-gift]").hidden = !isFree
}
