/* Pairs this device: by its own camera, which reads the QR code of the admin, or by eight digits. */
import { Scanner } from "./camera/scanner.js"

const CODE = /^ADMIT-DOOR:\d{8}$/

function start(page) {
  const form = page.querySelector("[data-pair-form]")
  const element = page.querySelector("[data-camera]")
  const scanner = new Scanner(element, { mean: text => CODE.test(text) && send(page, form, text) })
  for (const it of page.querySelectorAll("[data-script]")) it.hidden = false
  page.addEventListener("click", ({ target }) => {
    if (target.closest("[data-open]")) scanner.open()
    if (target.closest("[data-wake]")) scanner.camera.stir()
    if (target.closest("[data-reload]")) location.reload()
  })
  form.addEventListener("submit", event => {
    event.preventDefault()
    send(page, form, form.elements.code.value)
  })
}

async function send(page, form, code) {
  const unreachable = page.querySelector("[data-unreachable]")
  unreachable.hidden = true
  try {
    const response = await fetch(page.dataset.pairUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept": "application/json" },
      body: JSON.stringify({ code, name: form.elements.name.value }),
    })
    if (response.ok) return location.assign(page.dataset.home)
    const { error } = await response.json()
    form.querySelector("[data-problem]").textContent = error.message
    form.elements.code.setAttribute("aria-invalid", "true")
  } catch {
    unreachable.hidden = false
  }
}

document.querySelectorAll("[data-pairing]").forEach(start)
