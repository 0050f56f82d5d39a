/* The chosen seats in the bar, each with a select for whom it is, where an event has ticket types. */

/** Make the list have one line for each of `seats`, in their order; those that were there stay as they are. */
export function writeLines(form, seats, terms) {
  const list = form.querySelector("[data-lines]")
  if (!list) return
  const known = new Map([...list.children].map(line => [line.dataset.seat, line]))
  const wanted = seats.map(({ value }) => known.get(value) ?? newLine(form, value, kindsOf(value, terms)))
  for (const line of known.values()) if (!wanted.includes(line)) line.remove()
  wanted.forEach((line, n) => list.children[n] === line || list.insertBefore(line, list.children[n] ?? null))
}

/** Return the slug of the type that was chosen for a seat, "" at full price. */
export function typeOf(form, label) {
  return lineOf(form, label)?.querySelector("select").value ?? ""
}

export function writeCosts(form, costs) {
  for (const [label, cost] of costs) {
    const line = lineOf(form, label)
    if (line) line.querySelector("[data-cost]").textContent = cost
  }
}

function lineOf(form, label) {
  return form.querySelector(`[data-lines] > [data-seat="${CSS.escape(label)}"]`)
}

function kindsOf(label, { kinds, areas }) {
  return kinds[areas[label] ?? ""]
}

function newLine(form, label, kinds) {
  const line = form.querySelector("[data-line]").content.firstElementChild.cloneNode(true)
  const select = line.querySelector("select")
  const options = new Map([...select.options].map(option => [option.value, option]))
  select.replaceChildren(...kinds.map(kind => options.get(kind)))
  select.value = kinds.find(kind => !options.get(kind).disabled) ?? ""
  line.dataset.seat = label
  select.name = select.id = line.querySelector("label").htmlFor = `type-${label}`
  line.querySelector("[data-label]").textContent = label
  return line
}
