/*
 * Gestures on the seat map: two fingers or Ctrl and the wheel change its size, a mouse drags it. Scrolling with
 * one finger needs no script.
 *
 * During a pinch the drawing is only scaled, which costs no layout; its size is set when the fingers are lifted.
 */
const STILL = 6 // px a mouse may move during a click
const WHEEL = 200 // px of the wheel that enlarge by the factor e

export function gesture(view) {
  pinch(view)
  wheel(view)
  drag(view)
}

function pinch(view) {
  let began = null // the distance between the two fingers and their middle, when the second touched
  let now = null // the same, at present

  const size = () => view.within((view.size * now.distance) / began.distance)

  function touch(event) {
    if (event.touches.length !== 2 || !view.scroll.contains(event.target)) return finish()
    event.preventDefault()
    now = measure(view, event.touches)
    began ??= now
    scale(view, began, now, size() / view.size)
  }

  function finish() {
    if (!began) return
    view.plan.style.transform = ""
    view.put(size(), began, now)
    began = null
  }

  for (const kind of ["touchstart", "touchmove"]) view.house.addEventListener(kind, touch, { passive: false })
  for (const kind of ["touchend", "touchcancel"]) view.house.addEventListener(kind, finish)
}

function measure({ scroll }, [one, other]) {
  const { left, top } = scroll.getBoundingClientRect()
  return {
    distance: Math.max(1, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY)),
    x: (one.clientX + other.clientX) / 2 - left,
    y: (one.clientY + other.clientY) / 2 - top,
  }
}

function scale({ plan, scroll }, began, now, factor) {
  plan.style.transformOrigin = `${scroll.scrollLeft + began.x}px ${scroll.scrollTop + began.y}px`
  plan.style.transform = `translate(${now.x - began.x}px, ${now.y - began.y}px) scale(${factor})`
}

function wheel(view) {
  view.house.addEventListener("wheel", event => {
    if (!event.ctrlKey || !view.scroll.contains(event.target)) return
    event.preventDefault()
    const { left, top } = view.scroll.getBoundingClientRect()
    view.put(view.size * Math.exp(-event.deltaY / WHEEL), { x: event.clientX - left, y: event.clientY - top })
  }, { passive: false })
}

function drag(view) {
  const isDragged = () => view.house.hasAttribute("data-dragged")
  let from = null

  view.house.addEventListener("pointerdown", ({ pointerType, button, target, clientX, clientY }) => {
    if (pointerType !== "mouse" || button !== 0 || !view.scroll.contains(target)) return
    from = { x: clientX, y: clientY, left: view.scroll.scrollLeft, top: view.scroll.scrollTop }
  })
  addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!from) return
    const [x, y] = [clientX - from.x, clientY - from.y]
    if (Math.hypot(x, y) > STILL) view.house.toggleAttribute("data-dragged", true)
    if (isDragged()) view.scroll.scrollTo({ left: from.left - x, top: from.top - y, behavior: "instant" })
  })
  addEventListener("pointerup", () => {
    from = null
    setTimeout(() => view.house.removeAttribute("data-dragged")) // after the click that ends it
  })
  view.house.addEventListener("click", event => isDragged() && event.preventDefault(), { capture: true })
}
