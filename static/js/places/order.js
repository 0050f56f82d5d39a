/* What is chosen on an event's page, and what it costs: seats of the map, and places of standing areas. */
import { chosen, isLeftLocked, isSeat, priceOf } from "../seat_map/seats.js"
import { askFirst } from "./first.js"
import { keepLines, typeOf, writeCosts, writeLines } from "./lines.js"
import { priceAll } from "./prices.js"
import { numberIn, numbers, offerSteps, showSteps } from "./steppers.js"
import { writeMoney } from "../shared/money.js"

/** Count anew whenever something else is chosen; `recount(latest)` may be told which field was. */
export function keepCount(form, recount) {
  offerSteps(form, recount)
  keepLines(form, recount)
  askFirst(form)
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
  const fields = numbers(form).filter(field => numberIn(field) > 0)
  writeLines(form, seats, fields, terms)
  const places = [...seats.map(seat => placeOf(form, seat)), ...standing(form)]
  const prices = priceAll(places, terms)
  const amount = sum(prices)
  form.elements.total.value = amount // the server refuses to charge more than the customer has read here
  writeCosts(form, costs(form, seats, fields, prices))
  showSteps(form, places.length >= most(form))
  form.toggleAttribute("data-any", places.length > 0)
  show(form, { number: places.length, total: write(form, amount), isFree: amount === 0 && (places.length > 0 || "gratis" in form.dataset), isOver })
}

/** What each line costs: a seat, or as many standing places as one field says. */
function costs(form, seats, fields, prices) {
  const rest = [...prices]
  const lines = [...seats.map(seat => [seat.value, 1]), ...fields.map(field => [field.name, numberIn(field)])]
  return lines.map(([key, number]) => [key, write(form, sum(rest.splice(0, number)))])
}

function sum(amounts) {
  return amounts.reduce((all, one) => all + one, 0)
}

function placeOf(form, seat) {
  return { amount: Number(priceOf(seat).amount), type: typeOf(form, seat.value) }
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
