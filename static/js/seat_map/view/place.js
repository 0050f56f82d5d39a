/*
 * Remembers a point of the map by the nearest seats, because not everything on it grows with the size.
 */

/** Return a function that says where the place at `point` of the map's window has moved to. */
export function mark({ plan, scroll }, point) {
  const row = nearest(plan.querySelectorAll("[data-row]"), it => far(scroll, it, point).y)
  const seat = row && nearest(row.querySelectorAll(".seat"), it => far(scroll, it, point).x)
  if (!seat) return () => point
  const before = boxOf(scroll, seat)
  return () => {
    const { x, y, width, height } = boxOf(scroll, seat)
    return {
      x: x + ((point.x - before.x) / before.width) * width,
      y: y + ((point.y - before.y) / before.height) * height,
    }
  }
}

function nearest(elements, distance) {
  const all = [...elements].map(element => ({ element, at: distance(element) }))
  return all.reduce((best, one) => (one.at < best.at ? one : best), { at: Infinity }).element
}

function far(scroll, element, point) {
  const { x, y, width, height } = boxOf(scroll, element)
  return { x: Math.abs(x + width / 2 - point.x), y: Math.abs(y + height / 2 - point.y) }
}

function boxOf(scroll, element) {
  const { left, top } = scroll.getBoundingClientRect()
  const { x, y, width, height } = element.getBoundingClientRect()
  return { x: x - left, y: y - top, width, height }
}
