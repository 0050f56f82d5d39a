/*
 * The seats of the map: the state of each, and how it is shown and read out.
 *
 * A seat is a checkbox. A seat that can't be chosen is disabled, and data-state says why: held, taken or mine.
 */
import { writeLabels } from "../shared/labels.js"

export class SeatMap {
  #form
  #byLabel = new Map()
  #left = new Map() // how many seats are free, by the number of their price

  constructor(form) {
    this.#form = form
    this.read()
  }

  /** Read the seats that are on the page now. */
  read() {
    const seats = [...this.#form.querySelectorAll("[name=seats]")]
    this.#byLabel = new Map(seats.map(seat => [seat.value, seat]))
    this.#left = new Map()
    for (const { dataset } of this.#form.querySelectorAll("[data-price]")) {
      this.#left.set(dataset.price, Number(dataset.free))
    }
  }

  get(label) {
    return this.#byLabel.get(label)
  }

  state(label) {
    return this.get(label)?.dataset.state ?? "free"
  }

  get free() {
    return [...this.#left.values()].reduce((sum, number) => sum + number, 0)
  }

  /** Set the state of a seat, and return whether the customer lost a seat they had chosen. */
  put(label, state) {
    const seat = this.get(label)
    const before = this.state(label)
    // The server's answer is the same for everybody; only this page knows which seats are its own.
    const now = before === "mine" && state !== "free" ? "mine" : state
    if (!seat || before === now) return false
    const isLost = seat.checked && now !== "free"
    this.#count(seat, (now === "free") - (before === "free"))
    this.#show(seat, now)
    return isLost
  }

  #show(seat, state) {
    if (state === "free") delete seat.dataset.state
    else seat.dataset.state = state
    seat.setAttribute("aria-label", this.#words(seat, state))
    delete seat.dataset.offered
    if (state !== "free") seat.checked = false
    lock(seat, state !== "free")
  }

  #words(seat, state) {
    const words = this.#form.dataset[`words${state[0].toUpperCase()}${state.slice(1)}`]
    const said = { row: seat.closest("[data-row]").dataset.row, number: seat.dataset.n, price: priceOf(seat).said }
    const what = words.replace(/\{(\w+)\}/g, (_, name) => said[name])
    return [seat.closest("[data-area]").dataset.area, what, seat.dataset.notes].filter(Boolean).join(", ")
  }

  #count(seat, difference) {
    const { price } = priceOf(seat)
    this.#left.set(price, this.#left.get(price) + difference)
    for (const place of this.#form.querySelectorAll("[data-price]")) this.#write(place, price)
  }

  /** A chip counts the cheaper seats as well, and prices are numbered from the dearest. */
  #write(place, changed) {
    const own = place.dataset.price
    const counts = place.querySelector("[data-up-to]") ? k => Number(k) >= Number(own) : k => k === own
    if (!counts(changed)) return
    const left = [...this.#left].reduce((sum, [k, number]) => (counts(k) ? sum + number : sum), 0)
    place.querySelector("[data-left]").textContent = left
  }
}

/** The data of a seat's price: its number, its `amount`, and how it is `said`. A row says that of most seats in it. */
export function priceOf(seat) {
  const { k } = seat.closest("[data-k]").dataset
  return seat.form.querySelector(`[data-price="${k}"]`).dataset
}

/** The seats that can be chosen, in their order: those that are free, and that the price chips don't leave out. */
export function open(place) {
  return [...place.querySelectorAll("[name=seats]:enabled:not([inert])")]
}

/** Enable or disable a seat. One that has the focus is only disabled once the focus has left it. */
function lock(seat, isLocked) {
  if (!isLocked || seat !== document.activeElement) {
    seat.disabled = isLocked
    seat.removeAttribute("aria-disabled")
    return
  }
  seat.setAttribute("aria-disabled", "true")
  seat.addEventListener("blur", () => isLeftLocked(seat) && lock(seat, true), { once: true })
}

/** Whether a seat that can't be chosen any more is only enabled because it has, or had, the focus. */
export function isLeftLocked(seat) {
  return seat.hasAttribute("aria-disabled")
}

export function chosen(form) {
  return [...form.querySelectorAll("[name=seats]:checked:enabled")]
}

export function isSeat(element) {
  return element.matches("[name=seats]")
}

/** Show one of the messages below the map, with the seats or words it is about. */
export function say(form, kind, { seats = [], words = "" } = {}) {
  const one = seats.length === 1 && form.querySelector(`[data-say="${kind}-one"]`) ? `${kind}-one` : kind
  for (const sentence of form.querySelectorAll("[data-say]")) {
    sentence.hidden = sentence.dataset.say !== one
    for (const place of sentence.querySelectorAll("[data-seats]")) writeLabels(place, seats)
    for (const place of sentence.querySelectorAll("[data-words]")) place.textContent = words
  }
}
