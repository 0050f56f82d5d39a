/* Tells customers whose payment page takes a while that they are in line. */
const PATIENCE = 2_000 // ms; any sooner, the words would only flicker

export function sayWhenInLine(action) {
  let timer
  document.addEventListener("submit", ({ target }) => {
    if (target.action !== action) return
    clearTimeout(timer)
    timer = setTimeout(() => show(target, true), PATIENCE)
  })
  // The customer may come back to this page as they left it.
  addEventListener("pageshow", () => {
    clearTimeout(timer)
    document.querySelectorAll("form").forEach(form => show(form, false))
  })
}

function show(form, isInLine) {
  const words = form.querySelector("[data-in-line]")
  if (words) words.hidden = !isInLine
}
