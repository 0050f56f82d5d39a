/* Buttons for one less and one more beside the number of places in a standing area. */

export function offerSteps(form, recount) {
  for (const button of form.querySelectorAll("[data-step]")) button.hidden = false
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-step]")
    if (button) step(button.parentElement.querySelector("[data-places]"), Number(button.dataset.step), recount)
  })
  form.addEventListener("input", ({ target }) => "places" in target.dataset && recount(target))
}

export function numbers(form) {
  return [...form.querySelectorAll("[data-places]")]
}

/** How many places are chosen in one field: none while what is typed isn't a number. */
export function numberIn(field) {
  return Math.max(0, Math.floor(field.valueAsNumber) || 0)
}

/** Say with the buttons what is possible. They stay in reach of the keyboard. */
export function showSteps(form, isFull) {
  for (const field of numbers(form)) {
    const [less, more] = field.parentElement.querySelectorAll("[data-step]")
    less.setAttribute("aria-disabled", String(numberIn(field) === 0))
    more.setAttribute("aria-disabled", String(isFull || numberIn(field) >= Number(field.max)))
  }
}

/** One more than none is as many as have to be bought together, and one less than those is none. */
function step(field, by, recount) {
  const least = Number(field.dataset.least)
  const number = numberIn(field) + by
  const wanted = number >= least ? number : by > 0 ? least : 0
  field.value = Math.min(wanted, Number(field.max))
  recount(field)
}
