/*
 * What is held at the counter: counts down, says the change while it is typed, and has types recomputed by the
 * server as soon as one is chosen.
 */
import { letStep } from "./steps.js"
import { writeMoney } from "../shared/money.js"

const SECOND = 1_000 // ms

function countDown(clock) {
  const end = Date.now() + clock.dataset.seconds * SECOND

  function tick() {
    const rest = Math.max(0, Math.ceil((end - Date.now()) / SECOND))
    clock.querySelector("[data-clock]").textContent = `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}`
    clock.querySelector("[data-left]").hidden = rest === 0
    clock.querySelector("[data-over]").hidden = rest > 0
    if (rest > 0) setTimeout(tick, SECOND)
  }

  tick()
}

function sayChange(form) {
  const given = form.querySelector("[name=given]")
  if (!given) return
  const { amount, hundred } = form.dataset
  given.focus()
  given.addEventListener("input", () => {
    const change = minor(given.value, hundred) - amount
    form.querySelector("[data-change]").hidden = !(change >= 0)
    form.querySelector("[data-change-sum]").textContent = writeMoney(hundred, change)
  })
}

/** What was typed, in minor units; NaN unless it is plain. The server reads all else, and has the last word. */
function minor(typed, hundred) {
  const decimals = hundred.match(/\d+\D?(\d*)/)[1].length
  return /^\d+([.,]\d{1,2})?$/.test(typed.trim()) ? Math.round(Number(typed.replace(",", ".")) * (decimals ? 100 : 1)) : NaN
}

for (const form of document.querySelectorAll("[data-lines]")) {
  letStep(form)
  form.addEventListener("change", ({ target }) => target.matches("select") && form.requestSubmit())
}
document.querySelectorAll("[data-countdown]").forEach(countDown)
document.querySelectorAll("[data-pay]").forEach(sayChange)
