/*
 * The bar with the total, which stays at the foot of the window and grows with what it has to say: what has the
 * focus is never beneath it.
 */
export function keepClear(form) {
  new ResizeObserver(() => {
    makeRoom(form)
    document.querySelector("[name=seats]:focus-visible")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }).observe(bar(form))
}

/** Let the page scroll so far that nothing it scrolls to is beneath the bar. */
export function makeRoom(form) {
  document.documentElement.style.setProperty("--bar", `${bar(form).offsetHeight}px`)
}

function bar(form) {
  return form.querySelector("[data-bar]")
}
