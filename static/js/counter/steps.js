/* Numbers by large buttons, and by the keys 1 to 9 for the first number on the page. */

export function letStep(form) {
  for (const button of form.querySelectorAll("[data-step]")) button.hidden = false
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-step]")
    if (!button) return
    const input = button.closest("[data-steps]").querySelector("input")
    put(input, (Number(input.value) || 0) + Number(button.dataset.step))
  })
}

/** A digit that isn't typed into a field is how many somebody wants; Enter sends the form. */
export function enterByKeys(form) {
  document.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || isWritten(event.target)) return
    const input = form.querySelector("[data-steps] input")
    if (/^[1-9]$/.test(event.key) && input) put(input, Number(event.key))
    if (event.key === "Enter" && !event.target.closest("a, button, summary")) form.requestSubmit()
  })
}

function put(input, number) {
  input.value = Math.max(input.min, Math.min(input.max, number))
  input.dispatchEvent(new Event("input", { bubbles: true }))
}

function isWritten(element) {
  return element.matches("select, textarea, input:not([type=checkbox])")
}
