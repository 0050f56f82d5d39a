/*
 * What a finger or a mouse on the map means: the seat whose target it is in, or nothing. Where seats are too
 * small to be hit, it enlarges the map there instead. Keys aren't aimed, so they always mean their seat.
 */
import { isSeat } from "./seats.js"

const TARGET = 24 // px; https://www.w3.org/TR/WCAG22/#target-size-minimum
const READABLE = 34 // px from one seat to the next, once the map is enlarged

export function aim(form, view) {
  let point = null // where the finger was lifted: browsers move a click to what they take it for
  form.addEventListener("pointerup", ({ clientX, clientY, timeStamp }) => { point = { clientX, clientY, timeStamp } })
  form.addEventListener("click", event => {
    if (event.detail === 0 || !view.scroll.contains(event.target)) return
    const at = point ?? event
    if (view.target < TARGET) return enlarge(event, view, at)
    const meant = seatAt(form, view, at)
    if (meant === event.target) return
    event.preventDefault()
    if (meant && !meant.disabled && !meant.inert) meant.click()
  }, { capture: true })
}

function enlarge(event, view, { clientX, clientY }) {
  event.preventDefault()
  const { left, top, width, height } = view.scroll.getBoundingClientRect()
  const from = { x: clientX - left, y: clientY - top }
  view.put((view.size * READABLE) / view.target, from, { x: width / 2, y: height / 2 })
}

/** The nearest seat whose target has this point in it; every seat counts, also one that can't be chosen. */
function seatAt(form, view, { clientX, clientY }) {
  const hit = document.elementFromPoint(clientX, clientY)
  if (hit && isSeat(hit)) return hit
  const reach = Math.max(TARGET, view.target) / 2
  const near = [...view.plan.querySelectorAll("[name=seats]")].map(seat => ({ seat, ...distance(seat, clientX, clientY) }))
  const within = near.filter(({ x, y, tall }) => x <= reach && y <= Math.max(reach, tall))
  return within.reduce((best, one) => (one.far < best.far ? one : best), { seat: null, far: Infinity }).seat
}

function distance(seat, pointX, pointY) {
  const { left, top, width, height } = seat.getBoundingClientRect()
  const [x, y] = [Math.abs(left + width / 2 - pointX), Math.abs(top + height / 2 - pointY)]
  return { x, y, tall: height / 2, far: Math.hypot(x, y) }
}
