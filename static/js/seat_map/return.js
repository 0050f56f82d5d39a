/* On the page of a sold-out event: shows a link once a seat is free again. */
import { follow, heldHeaders } from "../shared/waiting.js"

function watch(place) {
  const found = place.querySelector("[data-found]")
  follow({
    isWatched: () => found.hidden,
    ask: signal => fetch(place.dataset.seatsUrl, { cache: "no-store", headers: heldHeaders(place.dataset.tag), signal }),
    take: async response => {
      if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
      if (response.status === 304) return false
      const change = await response.json()
      place.dataset.tag = response.headers.get("ETag")
      found.hidden = change.free.length === 0
      place.dispatchEvent(new CustomEvent("seats", { detail: change, bubbles: true }))
      return true
    },
    fail: () => {},
  })
}

document.querySelectorAll("[data-return]").forEach(watch)
