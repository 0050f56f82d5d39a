/*
 * The bar with the total stays at the bottom of the window and grows with its messages. It never covers what
 * has the focus.
 */
export function keepClear(form) {
  new ResizeObserver(() => {
    makeRoom(form)
    document.querySelector("[name=seats]:focus-visible")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }).observe(bar(form))
}

/** Set how far the page scrolls, so that the bar covers nothing that is scrolled to. */
export function makeRoom(form) {
  document.documentElement.style.setProperty("--bar", `${bar(form).offsetHeight}px`)
}

function bar(form) {
  return form.querySelector("[data-bar]")
}
