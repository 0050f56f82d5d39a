/*
 * What is held at the counter: counts down, says the change while it is typed, and has types recomputed by the
 * server as soon as one is chosen.
 */
import { letStep } from "./steps.js"
import { writeMoney } from "../shared/money.js"

const SECOND = 1_000 // ms
const PAUSE = 600 // ms between two presses of one button

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

/** Hold what has been changed. Whoever pays sooner is told the new total first: the server looks, too. */
function changeAtOnce(form) {
  const button = form.querySelector("[data-change-lines]")
  let timer
  letStep(form)
  form.querySelector(".counter-lines").addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(() => form.requestSubmit(button), PAUSE)
  })
  form.addEventListener("submit", () => clearTimeout(timer))
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

document.querySelectorAll("[data-countdown]").forEach(countDown)
for (const form of document.querySelectorAll("[data-pay]")) {
  changeAtOnce(form)
  sayChange(form)
}
