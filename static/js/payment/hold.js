/*
 * Counts down the time left to pay for held seats, warns before it ends, and says what happened to the seats.
 * All words are in the template; data-state and data-warn choose among them.
 */
const SECOND = 1_000 // ms

function countDown() {
  for (const hold of document.querySelectorAll("[data-hold]")) start(hold)
}

function start(hold) {
  const { now, ends } = hold.dataset
  const end = Date.now() + (ends - now) * SECOND // the browser's clock may be wrong, so only the difference counts
  let before = Infinity

  function tick() {
    if (hold.dataset.state !== "open" || !hold.isConnected) return
    const rest = Math.max(0, Math.ceil((end - Date.now()) / SECOND))
    show(hold, rest)
    if (before < Infinity) warn(hold, before, rest)
    before = rest
    if (rest === 0) hold.dataset.state = "over"
    else setTimeout(tick, SECOND)
  }

  document.addEventListener("seats", ({ detail }) => settle(hold, detail))
  tick()
}

function show(hold, seconds) {
  hold.querySelector("[data-left]").hidden = false
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
  hold.querySelector("[data-clock]").textContent = clock
}

/** Show the latest warning that has become due since the last call. */
function warn(hold, before, rest) {
  const warnings = [...hold.querySelectorAll("[data-warn]")]
  const passed = warnings.filter(({ dataset }) => rest <= dataset.warn && dataset.warn < before).at(-1)
  if (passed) for (const warning of warnings) warning.hidden = warning !== passed
}

/** Tell from the seats' states how the purchase ended: it is bought, or released, as a whole. */
function settle(hold, { free, taken }) {
  const seats = hold.dataset.seats.split("|")
  if (seats.some(label => taken.includes(label))) finish(hold, "bought")
  else if (seats.some(label => free.includes(label))) finish(hold, "released")
}

function finish(hold, state) {
  hold.dataset.state = state
  for (const warning of hold.querySelectorAll("[data-warn]")) warning.hidden = true
}

countDown()
document.addEventListener("redrawn", countDown)
