/*
 * Keeps the page of one booking in step with the server, which draws it: whenever its status has another
 * version, the page is fetched and put in place. The tabs with its payment's page ask together with it.
 */
import { fetchPage, replace } from "../shared/redraw.js"
import { followTogether } from "../shared/together.js"
import { heldHeaders, plainHeaders } from "../shared/waiting.js"

const POLL = 10_000 // ms between questions to a server that holds none

function watch(section) {
  let page = section // null once there is none any more
  let drawing = Promise.resolve()
  const session = new URL(page.dataset.statusUrl, location.href).searchParams.get("session_id")
  followTogether(`payment:${session}`, {
    isWatched: () => page !== null,
    etag: () => page?.dataset.etag ?? "",
    ask: (signal, { held }) => ask(page, signal, held ? heldHeaders : plainHeaders),
    take: async response => {
      if (response.status === 304) return false
      if (!response.ok) throw new Error(`The server answered ${response.status}`)
      // One after the other, so that no older page is put over a newer one.
      drawing = drawing.catch(() => {}).then(async () => { page = page && await redraw(page) })
      await drawing
      return true
    },
    fail: () => {}, // the page stays as it was, and true of that moment
    poll: POLL,
  })
}

function ask(page, signal, headers) {
  const { etag, statusUrl } = page.dataset
  return fetch(statusUrl, { cache: "no-store", headers: headers(etag), signal })
}

/** Put the server's page in the place of `page`, and return it; null if there is none any more. */
async function redraw(page) {
  // Not from where this page came: what couldn't be done is answered with the page at an address of its own.
  const fresh = (await fetchPage(page.dataset.url))?.querySelector("[data-booking]") ?? null
  if (!fresh) return null
  replace(page, document.adoptNode(fresh))
  if (fresh.dataset.says !== page.dataset.says) {
    document.querySelector("[data-news]").textContent = fresh.dataset.says
  }
  return fresh
}

document.querySelectorAll("[data-booking]").forEach(watch)
