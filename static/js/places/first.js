/* Continue without anything chosen says so, and leads to where one chooses. */
import { open, say } from "../seat_map/seats.js"

export function askFirst(form) {
  form.addEventListener("click", event => {
    const button = event.target.closest("[type=submit]")
    if (!button || button.form !== form || button.name || form.hasAttribute("data-any")) return
    event.preventDefault()
    say(form, "first")
    const place = form.querySelector("[name=seats][tabindex='0']") ?? open(form)[0] ?? form.querySelector("[data-places]")
    place?.focus({ preventScroll: true })
    place?.scrollIntoView({ block: "center", inline: "nearest" })
  })
}
