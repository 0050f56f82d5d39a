/* Shows at the edges of the map's window that there is more in that direction. */
const NEAR = 2 // px

export function showEdges(form) {
  const show = () => mark(form.querySelector("[data-view]"), form.querySelector("[data-scroll]"))
  form.addEventListener("scroll", show, { capture: true, passive: true })
  form.addEventListener("redrawn", watch)
  const observer = new ResizeObserver(show)

  function watch() {
    observer.disconnect()
    observer.observe(form.querySelector("[data-scroll]"))
    observer.observe(form.querySelector("[data-plan]"))
  }
  watch()
}

function mark(view, { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight }) {
  view.toggleAttribute("data-more-left", scrollLeft > NEAR)
  view.toggleAttribute("data-more-right", scrollLeft + clientWidth < scrollWidth - NEAR)
  view.toggleAttribute("data-more-above", scrollTop > NEAR)
  view.toggleAttribute("data-more-below", scrollTop + clientHeight < scrollHeight - NEAR)
}
