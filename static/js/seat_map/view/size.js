/*
 * The size of the seat map, changed by buttons, by the keys + − 0, and by gestures.
 *
 * It is one custom property in the style. Only the size is remembered; the rest is measured when it is needed.
 */
import { bestSeat } from "./best_view.js"
import { gesture } from "./gestures.js"
import { mark } from "./place.js"

const STEP = 1.25
const LARGEST = 3
const COMFORTABLE = 24 // px from one seat to the next; less is hard to hit
const READABLE = 32 // px, where the whole map would be too small
const FAR = 20 // px; in smaller seats no number can be read
const KEYS = { "+": "in", "=": "in", "-": "out", "0": "fit" }
const LARGE = 400 // seats
const MARGIN = 24 // px beside the seats

/** Let the size be changed, and return the view of the map. */
export function resize(form) {
  const view = new View(form)
  const actions = {
    in: () => view.put(view.size * STEP),
    out: () => view.put(view.size / STEP),
    fit: () => view.put(view.fitting),
  }
  view.house.addEventListener("click", event => actions[event.target.closest("[data-zoom]")?.dataset.zoom]?.())
  view.house.addEventListener("keydown", event => {
    if (event.target.matches("[type=number]") || event.ctrlKey || event.metaKey || !(event.key in KEYS)) return
    event.preventDefault()
    actions[KEYS[event.key]]()
  })
  form.addEventListener("redrawn", () => view.begin())
  addEventListener("resize", () => view.remeasure())
  view.begin()
  view.open()
  gesture(view)
  return view
}

class View {
  size = 1

  constructor(form) {
    this.form = form
    this.house = form.querySelector("[data-house]")
  }

  get scroll() {
    return this.form.querySelector("[data-scroll]")
  }

  get plan() {
    return this.form.querySelector("[data-plan]")
  }

  /** The size at which the longest row just fits. */
  get fitting() {
    const names = this.plan.querySelector(".row-name")?.offsetWidth ?? 0
    return Math.min(LARGEST, (this.scroll.clientWidth - names - MARGIN) / (this.pitch * Math.max(this.longest, 1)))
  }

  /** How far it is from one seat to the next: in so many px, only one of them is hit. */
  get target() {
    return this.pitch * this.size
  }

  /** Show the whole width if its seats can be hit, else a part that can be read. */
  open() {
    const fits = this.pitch * this.fitting >= COMFORTABLE
    this.put(fits ? Math.min(1, this.fitting) : Math.max(1, READABLE / this.pitch))
    this.scroll.scrollLeft = (this.scroll.scrollWidth - this.scroll.clientWidth) / 2
    if (!fits) this.#lookAt(bestSeat(this.plan))
  }

  #lookAt(seat) {
    if (!seat) return
    const [box, window] = [seat.getBoundingClientRect(), this.scroll.getBoundingClientRect()]
    const to = { left: box.left - window.left - window.width / 2, top: box.top - window.top - window.height / 2 }
    this.scroll.scrollBy({ ...to, behavior: "instant" })
  }

  begin() {
    const row = this.plan.querySelector(".row-seats")
    this.longest = Number(this.plan.dataset.longest)
    this.house.toggleAttribute("data-large", this.plan.dataset.count > LARGE)
    this.house.style.setProperty("--longest", this.longest)
    this.house.style.setProperty("--zoom", 1)
    this.seat = this.plan.querySelector(".seat")?.getBoundingClientRect().width ?? COMFORTABLE
    this.pitch = this.seat + (parseFloat(row && getComputedStyle(row).columnGap) || 0)
    this.measuredAt = innerWidth
    this.show()
  }

  /** Adapt to another width of the window: a phone that was turned has larger seats. */
  remeasure() {
    if (innerWidth !== this.measuredAt) this.begin()
    this.put(this.size)
  }

  /** Set the size of the map. What was at the point `from` of its window is then at `to`. */
  put(size, from = this.middle, to = from) {
    const { scroll } = this
    const place = mark(this, from)
    this.size = this.within(size)
    this.show()
    const { x, y } = place()
    scroll.scrollBy({ left: x - to.x, top: y - to.y, behavior: "instant" })
  }

  /** The possible size nearest to `size`. */
  within(size) {
    return Math.min(LARGEST, Math.max(this.#smallest, size))
  }

  get middle() {
    return { x: this.scroll.clientWidth / 2, y: this.scroll.clientHeight / 2 }
  }

  show() {
    this.house.style.setProperty("--zoom", this.size)
    this.house.toggleAttribute("data-far", this.seat * this.size < FAR)
    const ends = { in: this.size >= LARGEST, out: this.size <= this.#smallest + 0.001 }
    for (const [name, isEnd] of Object.entries(ends)) {
      this.house.querySelector(`[data-zoom=${name}]`).setAttribute("aria-disabled", isEnd)
    }
  }

  get #smallest() {
    return Math.min(1, this.fitting)
  }
}
