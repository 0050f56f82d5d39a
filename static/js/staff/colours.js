/* Draws the shop with the colours that are being chosen: the server derives the rest of them. */
import { fetchPage } from "../shared/redraw.js"

const PAUSE = 150 // ms after the last change

function start(preview) {
  const { form } = document.querySelector("[name=brand_colour]")
  let timer = 0
  let latest = 0
  form.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(draw, PAUSE)
  })
  draw() // A browser that went back has filled in what was chosen before.

  async function draw() {
    const number = ++latest
    const drawn = await fetchPage(address(preview, form)).catch(() => null)
    if (number !== latest) return // Another was chosen meanwhile.
    preview.toggleAttribute("data-stale", !drawn?.querySelector("[data-colours]"))
    if (!preview.hasAttribute("data-stale")) show(preview, drawn)
  }
}

function address(preview, form) {
  const names = ["name", "brand_colour", "action_colour"]
  const chosen = names.map(name => [name, form.elements[name].value])
  return `${preview.dataset.colours}?${new URLSearchParams(chosen)}`
}

function show(preview, drawn) {
  const fresh = drawn.querySelectorAll("[data-shown]")
  preview.querySelectorAll("[data-shown]").forEach((part, number) => part.replaceChildren(...fresh[number].childNodes))
}

const preview = document.querySelector("[data-colours]")
if (preview && document.querySelector("[name=brand_colour]")) start(preview)
