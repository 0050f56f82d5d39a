/*
 * Shows a booking's tickets one at a time, by swiping, buttons or arrow keys. Without scripts they are a list.
 *
 * The screen stays on meanwhile, where the browser supports that, until the customer switches it off.
 */
const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }

function start(deck) {
  const cards = deck.querySelector("[data-cards]")
  deck.dataset.swiped = ""
  cards.tabIndex = 0
  cards.addEventListener("scroll", () => show(deck, cards), { passive: true })
  cards.addEventListener("scrollend", () => delete cards.dataset.goal)
  cards.addEventListener("keydown", event => event.key in MOVES && turn(event, cards, MOVES[event.key]))
  for (const button of deck.querySelectorAll("[data-step]")) {
    button.addEventListener("click", event => turn(event, cards, Number(button.dataset.step)))
  }
  deck.querySelector("[data-controls]").hidden = cards.children.length < 2
  show(deck, cards)
  const light = deck.querySelector("[data-light]")
  if (navigator.wakeLock) keepOn(light)
}

/** Go `step` cards on from the one that is shown, or that is being scrolled to. */
function turn(event, cards, step) {
  event.preventDefault()
  const from = Number(cards.dataset.goal ?? at(cards))
  const goal = Math.min(Math.max(from + step, 0), cards.children.length - 1)
  if ("onscrollend" in window && goal !== at(cards)) cards.dataset.goal = goal
  cards.scrollTo({ left: goal * cards.clientWidth })
}

function show(deck, cards) {
  const place = at(cards)
  const words = deck.querySelector("[data-at]")
  if (words.textContent !== String(place + 1)) words.textContent = place + 1
  for (const button of deck.querySelectorAll("[data-step]")) {
    const isEnd = place === (button.dataset.step < 0 ? 0 : cards.children.length - 1)
    button.setAttribute("aria-disabled", isEnd) // not disabled: that would take the focus away
  }
}

function at(cards) {
  return Math.round(cards.scrollLeft / cards.clientWidth)
}

function keepOn(button) {
  let lock = null

  async function hold() {
    if (document.hidden || button.getAttribute("aria-pressed") !== "true") return
    // May be refused, for example on a low battery: then the screen goes dark as usual.
    lock = await navigator.wakeLock.request("screen").catch(() => null)
  }

  button.hidden = false
  button.addEventListener("click", () => {
    const isOn = button.getAttribute("aria-pressed") !== "true"
    button.setAttribute("aria-pressed", isOn)
    if (isOn) hold()
    else lock?.release()
  })
  document.addEventListener("visibilitychange", hold) // the browser releases it itself when the page is hidden
  hold()
}

document.querySelectorAll("[data-deck]").forEach(start)
