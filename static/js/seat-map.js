/*
 * Adds to the seat map what it works without: a running total, the limit of one booking, and arrow keys.
 */
const MOVES = { ArrowLeft: beside(-1), ArrowRight: beside(1), ArrowUp: across(-1), ArrowDown: across(1) }

function start(map) {
  map.addEventListener("change", event => isSeat(event.target) && count(map, event.target))
  map.addEventListener("keydown", event => isSeat(event.target) && move(map, event))
  addEventListener("pageshow", () => count(map)) // the browser may bring choices back
  count(map)
}

function count(map, latest) {
  const max = Number(map.dataset.max)
  const isOver = Boolean(latest?.checked) && chosen(map).length > max
  if (isOver) latest.checked = false
  const seats = chosen(map)
  const total = seats.reduce((sum, seat) => sum + Number(seat.dataset.price), 0)
  show(map.querySelector("[data-chosen]"), { number: seats.length, total: money(map, total), isOver })
}

function show(output, { number, total, isOver }) {
  const form = ["none", "one"][number] ?? "many"
  for (const words of output.querySelectorAll("[data-count]")) {
    words.hidden = words.dataset.count !== form && !(isOver && words.dataset.count === "full")
  }
  output.hidden = false
  output.querySelectorAll("[data-number]").forEach(place => { place.textContent = number })
  output.querySelectorAll("[data-total]").forEach(place => { place.textContent = total })
}

/** Write an amount as the server does: data-hundred is how it writes 100, such as "€1.00" or "¥100". */
function money(map, amount) {
  const { hundred } = map.dataset
  const [written, whole, point = "", decimals = ""] = hundred.match(/(\d+)(\D(?=\d))?(\d*)/)
  const value = (amount / 100) * Number(`${whole}.${decimals || 0}`)
  return hundred.replace(written, value.toFixed(decimals.length).replace(".", point))
}

function move(map, event) {
  const target = MOVES[event.key]?.(map, event.target)
  if (!target) return
  event.preventDefault()
  target.focus()
  target.scrollIntoView({ block: "nearest", inline: "nearest" })
}

function beside(step) {
  return (map, seat) => {
    const seats = free(seat.closest("[data-row]"))
    return seats[seats.indexOf(seat) + step]
  }
}

function across(step) {
  return (map, seat) => {
    const rows = [...map.querySelectorAll("[data-row]")].filter(row => free(row).length > 0)
    const row = rows[rows.indexOf(seat.closest("[data-row]")) + step]
    return row && nearest(free(row), left(seat))
  }
}

function nearest(seats, x) {
  return seats.reduce((best, seat) => (Math.abs(left(seat) - x) < Math.abs(left(best) - x) ? seat : best))
}

function left(seat) {
  return seat.getBoundingClientRect().left
}

function free(row) {
  return [...row.querySelectorAll("[name=seats]:enabled")]
}

function chosen(map) {
  return [...map.querySelectorAll("[name=seats]:checked")]
}

function isSeat(element) {
  return element.matches("[name=seats]")
}

document.querySelectorAll("[data-seat-map]").forEach(start)
