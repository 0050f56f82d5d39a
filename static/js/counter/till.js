/* Adds up the notes and coins of a till as they are counted. The server adds them up again. */
import { writeMoney } from "../shared/money.js"

function start(form) {
  const together = form.querySelector("[data-piled]")
  form.addEventListener("input", () => {
    const pieces = [...form.querySelectorAll("[data-piece]")]
    const sum = pieces.reduce((all, input) => all + input.dataset.piece * (Number(input.value) || 0), 0)
    together.hidden = pieces.every(input => input.value === "")
    together.querySelector("[data-piled-sum]").textContent = writeMoney(form.dataset.hundred, sum)
  })
}

document.querySelectorAll("[data-till]").forEach(start)
