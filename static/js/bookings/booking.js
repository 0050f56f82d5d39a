/*
 * Keeps the page of one booking up to date: when its status has another version, the page is fetched again and
 * replaced. It shares its requests with the tabs that show the page of its payment.
 */
import { fetchPage, replace } from "../shared/redraw.js"
import { followTogether } from "../shared/together.js"
import { heldHeaders, plainHeaders } from "../shared/waiting.js"

const POLL = 10_000 // ms between requests to a server that doesn't hold them

function watch(section) {
  let page = section // null once the booking's page is gone
  let drawing = Promise.resolve()
  const session = new URL(page.dataset.statusUrl, location.href).searchParams.get("session_id")
  followTogether(`payment:${session}`, {
    isWatched: () => page !== null,
    etag: () => page?.dataset.etag ?? "",
    ask: (signal, { held }) => ask(page, signal, held ? heldHeaders : plainHeaders),
    take: async response => {
      if (response.status === 304) return false
      if (!response.ok) throw new Error(`The server answered ${response.status}`)
      // One after the other, so that no older page replaces a newer one.
      drawing = drawing.catch(() => {}).then(async () => { page = page && await redraw(page) })
      await drawing
      return true
    },
    fail: () => {}, // the page stays as it was
    poll: POLL,
  })
}

function ask(page, signal, headers) {
  const { etag, statusUrl } = page.dataset
  return fetch(statusUrl, { cache: "no-store", headers: headers(etag), signal })
}

/** Replace `page` by the server's, and return that; null if there is none any more. */
async function redraw(page) {
  // Not from location: after a refused action, this page is at that action's address.
  const fresh = (await fetchPage(page.dataset.url))?.querySelector("[data-booking]") ?? null
  if (!fresh) return null
  replace(page, document.adoptNode(fresh))
  if (fresh.dataset.says !== page.dataset.says) {
    document.querySelector("[data-news]").textContent = fresh.dataset.says
  }
  return fresh
}

document.querySelectorAll("[data-booking]").forEach(watch)
