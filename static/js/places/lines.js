/* What is chosen, line by line in the bar: seats with a select for whom each is, and places of standing areas. */
import { open } from "../seat_map/seats.js"

/**
 * Make the list have a line for each of `seats` and then for each field of `numbers` that isn't 0, in their
 * order. Lines that were there stay as they are.
 */
export function writeLines(form, seats, numbers, terms) {
  const list = form.querySelector("[data-lines]")
  const known = new Map([...list.children].map(line => [line.dataset.lineOf, line]))
  const wanted = [
    ...seats.map(seat => known.get(seat.value) ?? seatLine(form, seat, terms)),
    ...numbers.map(field => known.get(field.name) ?? standingLine(form, field)),
  ]
  for (const line of known.values()) if (!wanted.includes(line)) line.remove()
  wanted.forEach((line, n) => list.children[n] === line || list.insertBefore(line, list.children[n] ?? null))
  numbers.forEach(field => name(lineOf(form, field.name), `${field.value} × ${field.dataset.said}`))
}

/** Return the slug of the type that was chosen for a seat, "" at full price. */
export function typeOf(form, label) {
  return lineOf(form, label)?.querySelector("select")?.value ?? ""
}

/** Write what each line costs; `costs` are pairs of what it is of, a label or a field's name, and its words. */
export function writeCosts(form, costs) {
  for (const [key, cost] of costs) lineOf(form, key).querySelector("[data-cost]").textContent = cost
}

/** Let lines be removed, and on a phone shown and hidden. */
export function keepLines(form, recount) {
  form.addEventListener("click", ({ target }) => {
    const off = target.closest("[data-off]")
    if (off) remove(form, off.closest("[data-line-of]"), recount)
  })
  const fold = form.querySelector("[data-fold]")
  fold.addEventListener("click", () => { fold.ariaExpanded = String(fold.ariaExpanded !== "true") })
}

function remove(form, line, recount) {
  const next = line.nextElementSibling ?? line.previousElementSibling
  const { lineOf: key } = line.dataset
  const seat = form.querySelector(`[name=seats][value="${CSS.escape(key)}"]`)
  if (seat) seat.checked = false
  else form.elements[key].value = 0
  ;(seat ?? form.elements[key]).dispatchEvent(new Event("change", { bubbles: true }))
  recount()
  ;(next?.querySelector("[data-off]") ?? form.querySelector("[name=seats][tabindex='0']") ?? open(form)[0])?.focus()
}

function lineOf(form, key) {
  return form.querySelector(`[data-lines] > [data-line-of="${CSS.escape(key)}"]`)
}

function seatLine(form, seat, { kinds }) {
  const line = newLine(form, "[data-line]", seat.value)
  const select = line.querySelector("select")
  if (!select) return line
  const slugs = kinds[seat.closest("[data-slug]").dataset.slug] ?? kinds[""]
  const options = new Map([...select.options].map(option => [option.value, option]))
  select.replaceChildren(...slugs.map(slug => options.get(slug)))
  select.value = slugs.find(slug => !options.get(slug).disabled) ?? ""
  select.name = select.id = line.querySelector("label").htmlFor = `type-${seat.value}`
  return line
}

function standingLine(form, field) {
  return newLine(form, "[data-standing-line]", field.name)
}

function newLine(form, template, key) {
  const line = form.querySelector(template).content.firstElementChild.cloneNode(true)
  line.dataset.lineOf = key
  name(line, key)
  return line
}

function name(line, words) {
  for (const place of line.querySelectorAll("[data-label]")) place.textContent = words
}
