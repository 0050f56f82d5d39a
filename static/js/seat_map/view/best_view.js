/* Where a map that is larger than its window is opened: at the first free seats, near the middle of their row. */
import { open } from "../seats.js"

export function bestSeat(plan) {
  for (const row of plan.querySelectorAll("[data-row]")) {
    const free = open(row)
    if (free.length > 1) return free[Math.floor(free.length / 2)]
  }
  return open(plan)[0]
}
