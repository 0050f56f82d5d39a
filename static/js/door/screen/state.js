/* What is known of the evening: counters, the list's age, and what hasn't been sent. Old figures are greyed. */
const FRESH = 2 * 60_000 // ms
const OLD = 30 * 60_000 // ms
const SKEWED = 2 * 60_000 // ms by which a clock is wrong

export function drawState(page, state) {
  page.dataset.online = state.online
  drawList(page.querySelector("[data-state]"), state)
  drawCounters(page.querySelector("[data-counters]"), state)
  for (const it of page.querySelectorAll("[data-persisted]")) it.hidden = state.persisted !== false
}

function drawList(element, { list_age: age, tickets, queued, skew_ms: skew }) {
  const list = element.querySelector("[data-list]")
  list.hidden = age === null || age === undefined
  list.dataset.age = age < FRESH ? "fresh" : age < OLD ? "aging" : "old"
  write(list, { minutes: `${Math.max(0, Math.floor(age / 60_000))} min`, tickets })
  element.querySelector("[data-waiting]").hidden = !queued
  write(element, { queued })
  element.querySelector("[data-skew]").hidden = !(Math.abs(skew) > SKEWED)
}

function drawCounters(element, { inside, expected, per_minute: rate, by_gate: gates }) {
  write(element, { inside, expected, "per-minute": rate })
  const lines = Object.entries(gates ?? {}).map(([gate, number]) => {
    const line = document.createElement("li")
    line.textContent = `${gate || "–"} ${number}`
    return line
  })
  element.querySelector("[data-gates]").replaceChildren(...lines)
}

function write(element, texts) {
  for (const [name, text] of Object.entries(texts)) {
    const place = element.querySelector(`[data-${name}]`)
    if (place && place !== element) place.textContent = text ?? ""
  }
}
