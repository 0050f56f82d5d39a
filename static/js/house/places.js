/*
 * Choosing many places at once: by dragging over them, with Shift from the last one on, or a row at a time.
 *
 * A form may have a few hundred fields, so all that are ticked are sent in one.
 */
function start(form) {
  const seats = [...form.querySelectorAll("[name=places]")]
  const recount = () => { form.querySelector("[data-chosen]").textContent = seats.filter(seat => seat.checked).length }
  form.querySelector("[data-hint]").hidden = false
  form.addEventListener("change", ({ target }) => {
    if (target.name === "rows") tickRow(target)
    recount()
  })
  dragOver(form, recount)
  reach(form, seats, recount)
  form.addEventListener("submit", () => sendAsOne(form, seats))
  addEventListener("pageshow", () => seats.forEach(seat => { seat.disabled = false }))
  recount()
}

function tickRow(row) {
  for (const seat of row.closest("[data-row]").querySelectorAll("[name=places]")) seat.checked = row.checked
}

/** A mouse that is pressed on a seat does to each seat that it passes what it did to that one. */
function dragOver(form, recount) {
  let first = null // where it was pressed
  let state = false // what the seats become
  form.addEventListener("pointerdown", ({ target, pointerType, button, shiftKey }) => {
    if (pointerType === "touch" || button !== 0 || shiftKey || !isPlace(target)) return
    first = target
    state = !target.checked
  })
  form.addEventListener("pointerover", ({ target }) => {
    if (!first || !isPlace(target) || target === first) return
    first.checked = state // no click follows on it, because the mouse is lifted elsewhere
    target.checked = state
    recount()
  })
  form.addEventListener("dragstart", event => event.preventDefault())
  addEventListener("pointerup", () => { first = null })
}

/** A click with Shift gives all seats since the last click the state of that one. */
function reach(form, seats, recount) {
  let last = null
  form.addEventListener("click", event => {
    if (!isPlace(event.target)) return
    if (event.shiftKey && last) {
      const [from, to] = [seats.indexOf(last), seats.indexOf(event.target)].sort((a, b) => a - b)
      for (const seat of seats.slice(from, to + 1)) seat.checked = last.checked
      recount()
    }
    last = event.target
  })
}

function sendAsOne(form, seats) {
  form.querySelector("[data-picked]").value = seats.filter(seat => seat.checked).map(seat => seat.value).join(" ")
  for (const seat of seats) seat.disabled = true
}

function isPlace(element) {
  return element.matches("[name=places]")
}

document.querySelectorAll("[data-places]").forEach(start)
