/*
 * The keyboard on the map. Tab stops at one seat of the map. The arrow keys go to the next free seat in the row
 * or to the next row, Home and End to the ends of the row.
 */
import { isSeat, open } from "./seats.js"

const MOVES = {
  ArrowLeft: beside(-1),
  ArrowRight: beside(1),
  ArrowUp: across(-1),
  ArrowDown: across(1),
  Home: (form, seat) => open(rowOf(seat))[0],
  End: (form, seat) => open(rowOf(seat)).at(-1),
}

export function moveByKeys(form) {
  form.addEventListener("keydown", event => isSeat(event.target) && !isCombined(event) && move(form, event))
  form.addEventListener("focusin", event => isSeat(event.target) && letTabStop(form, event.target))
  form.addEventListener("seats", () => letTabStopAtOne(form))
  form.addEventListener("filtered", () => letTabStopAtOne(form))
  form.addEventListener("redrawn", () => takeTabStops(form))
  takeTabStops(form)
}

function takeTabStops(form) {
  for (const seat of form.querySelectorAll("[name=seats]")) seat.tabIndex = -1
  letTabStopAtOne(form)
}

function letTabStopAtOne(form) {
  const stop = form.querySelector("[name=seats][tabindex='0']")
  if (stop && !stop.disabled && !stop.inert) return
  const focused = form.querySelector("[name=seats]:focus")
  letTabStop(form, focused ?? open(form)[0])
}

function letTabStop(form, seat) {
  for (const former of form.querySelectorAll("[name=seats][tabindex='0']")) former.tabIndex = -1
  if (seat) seat.tabIndex = 0
}

function move(form, event) {
  const target = MOVES[event.key]?.(form, event.target)
  if (!target) return
  event.preventDefault()
  target.focus({ preventScroll: true })
  target.scrollIntoView({ block: "nearest", inline: "nearest" })
}

function beside(step) {
  return (form, seat) => {
    const seats = [...rowOf(seat).querySelectorAll("[name=seats]")].filter(it => it === seat || (!it.disabled && !it.inert))
    return seats[seats.indexOf(seat) + step]
  }
}

function across(step) {
  return (form, seat) => {
    const own = rowOf(seat)
    const rows = [...form.querySelectorAll("[data-row]")].filter(row => row === own || open(row).length > 0)
    const row = rows[rows.indexOf(own) + step]
    return row && nearest(open(row), left(seat))
  }
}

function nearest(seats, x) {
  return seats.reduce((best, seat) => (Math.abs(left(seat) - x) < Math.abs(left(best) - x) ? seat : best))
}

function left(seat) {
  return seat.getBoundingClientRect().left
}

function rowOf(seat) {
  return seat.closest("[data-row]")
}

function isCombined({ altKey, ctrlKey, metaKey }) {
  return altKey || ctrlKey || metaKey
}
