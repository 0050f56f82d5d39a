/* Says below the map what a seat is, while it is pointed at or has the focus, as it is read out to others. */
import { isSeat } from "./seats.js"

export function describe(form) {
  form.addEventListener("pointerover", ({ target }) => isSeat(target) && show(form, target))
  form.addEventListener("focusin", ({ target }) => isSeat(target) && show(form, target))
  form.addEventListener("redrawn", () => open(form))
  open(form)
}

function open(form) {
  form.querySelector("[data-about]").hidden = false // it keeps its place, so that nothing moves
}

function show(form, seat) {
  form.querySelector("[data-about]").textContent = seat.getAttribute("aria-label")
}
