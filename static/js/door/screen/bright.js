/* White, with large letters, for the sun: by a switch that is remembered, or as the system asks for more contrast. */
const KEY = "admit-door-bright"

export function offerBright(button) {
  const more = matchMedia("(prefers-contrast: more)").matches
  const set = on => {
    document.documentElement.dataset.bright = on
    button.setAttribute("aria-pressed", String(on))
  }
  set((recall() ?? String(more)) === "true")
  button.hidden = false
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true"
    set(on)
    remember(on)
  })
}

function recall() {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null // a browser without storage
  }
}

function remember(on) {
  try {
    localStorage.setItem(KEY, on)
  } catch {
    // a browser without storage asks again
  }
}
