/* The price chips: seats that cost more than the pressed one says fade, and can't be chosen by mistake. */
import { priceOf } from "./seats.js"

export function filterByPrice(form) {
  form.addEventListener("click", ({ target }) => {
    const chip = target.closest("[data-up-to]")
    if (chip) press(form, chip)
  })
  form.addEventListener("change", () => fade(form))
  let most = "" // what the drawing that was replaced was filtered by
  form.addEventListener("filtered", () => { most = mostOf(form) })
  form.addEventListener("redrawn", () => {
    const same = chips(form).find(chip => chip.dataset.upTo === most)
    if (same) press(form, same)
  })
}

/** What a seat may cost at the most, in minor units; "" is any price. */
export function mostOf(form) {
  return chips(form).find(chip => chip.ariaPressed === "true")?.dataset.upTo ?? ""
}

function press(form, chip) {
  for (const one of chips(form)) one.ariaPressed = String(one === chip)
  fade(form)
  form.dispatchEvent(new CustomEvent("filtered"))
}

/** What is chosen already stays in reach, so that it can be taken back. */
function fade(form) {
  const most = mostOf(form)
  for (const seat of form.querySelectorAll("[name=seats]")) {
    const isOut = most !== "" && !seat.checked && Number(priceOf(seat).amount) > Number(most)
    if (seat.inert !== isOut) seat.inert = isOut
  }
}

function chips(form) {
  return [...form.querySelectorAll("[data-up-to]")]
}
