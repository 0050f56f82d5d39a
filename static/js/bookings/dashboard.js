/*
 * Keeps the list of a customer's bookings up to date, in all tabs.
 *
 * The server renders the cards: once the version has changed, the page is fetched again, and cards that differ
 * are replaced. This module sets data-state on the page and data-late on a card, and CSS shows what belongs to
 * them.
 */
import { Cancelling } from "./cancelling.js"
import { fetchPage, swap } from "../shared/redraw.js"
import { followTogether } from "../shared/together.js"
import { hear, tell } from "../shared/tabs.js"
import { debounce, logger } from "../shared/utils.js"
import { heldHeaders, nudge, plainHeaders, postJson } from "../shared/waiting.js"

const TICK = 5_000 // ms between checks for bookings that have waited too long

class Bookings {
  #page
  #lists
  #log
  #shared
  #cancelling
  #drawing = Promise.resolve()

  constructor(page) {
    this.#page = page
    this.#lists = [...page.querySelectorAll("[data-cards]")] // upcoming, past
    this.#log = logger("bookings", page)
    page.dataset.state = "current"
    this.#follow()
    this.#cancelling = new Cancelling(page, { refresh: this.#shared.refresh, say: words => this.#say(words) })
    this.#listen(debounce(this.#shared.refresh))
    this.#markLate()
  }

  #follow() {
    const interval = Number(this.#page.dataset.interval)
    this.#shared = followTogether("bookings", {
      isWatched: () => !this.#isSignedOut,
      etag: () => this.#page.dataset.etag,
      ask: (signal, { held }) => this.#ask(signal, held ? heldHeaders : plainHeaders),
      take: response => this.#take(response),
      fail: failures => this.#fail(failures),
      poll: interval,
    })
    const isWaiting = () => this.#shared.isLeading() && this.#page.querySelector("[data-late-in]")
    setInterval(() => isWaiting() && nudge(), interval)
    setInterval(() => this.#markLate(), TICK)
  }

  #listen(look) {
    this.#page.addEventListener("submit", event => {
      if (event.target.matches("[data-refresh]")) this.#refresh(look)
      else if (event.target.matches("[data-check]")) this.#check(event.target.closest("[data-key]"))
      else return
      event.preventDefault()
    })
    addEventListener("focus", look)
    addEventListener("online", look)
    addEventListener("offline", () => this.#fail(1))
    hear("signed-out", () => this.#empty())
  }

  get #isSignedOut() {
    return this.#page.dataset.state === "signed-out"
  }

  #ask(signal, headers) {
    const { etag, syncUrl } = this.#page.dataset
    return fetch(syncUrl, { cache: "no-store", headers: headers(etag), signal })
  }

  async #take(response) {
    this.#log("was answered", response.status)
    if (response.status === 401) return this.#signOut()
    if (!response.ok && response.status !== 304) throw new Error(`The server answered ${response.status}`)
    if (this.#isSignedOut) return location.reload()
    const isNew = response.status === 200
    // One after the other, so that no older page replaces a newer one.
    if (isNew) await (this.#drawing = this.#drawing.catch(() => {}).then(() => this.#draw()))
    if (!this.#isSignedOut) this.#page.dataset.state = "current"
    this.#cancelling.settle()
    return isNew
  }

  async #draw() {
    const fresh = (await fetchPage())?.querySelector("[data-sync-url]")
    if (!fresh) return this.#signOut()
    // Another customer has signed in: their cards must not be mixed with these.
    if (fresh.dataset.customer !== this.#page.dataset.customer) return location.reload()
    this.#page.dataset.etag = fresh.dataset.etag
    const hadFocus = this.#lists.some(list => list.contains(document.activeElement))
    const changes = swap(this.#lists, [...fresh.querySelectorAll("[data-cards]")])
    if (hadFocus && document.activeElement === document.body) this.#page.querySelector("h1").focus()
    this.#log("has drawn", changes.length, "of", this.#page.querySelectorAll("[data-key]").length)
    this.#markLate()
    this.#cancelling.mark()
    this.#tellOf(changes)
  }

  /** Announce what has changed to screen readers, and tell the pages of these payments. */
  #tellOf(changes) {
    const said = changes.filter(([before, after]) => before?.dataset.says !== after.dataset.says)
    if (said.length) this.#say(said.map(([, after]) => after.dataset.says).join(" "))
    if (!this.#shared.isLeading()) return
    for (const [, after] of changes) tell("changed", { name: `payment:${after.dataset.sessionId}` })
  }

  #say(words) {
    this.#page.querySelector("[data-said]").textContent = words
  }

  #fail(failures) {
    this.#log("got no answer", failures)
    const { dataset } = this.#page
    if (this.#isSignedOut) return
    if (!navigator.onLine) dataset.state = "offline"
    else if (failures > 1 || dataset.state === "refreshing") dataset.state = "away"
  }

  #signOut() {
    this.#empty()
    tell("signed-out")
    return false
  }

  /** Remove everything about the customer from the page. */
  #empty() {
    this.#page.dataset.state = "signed-out"
    this.#page.dataset.etag = ""
    for (const list of this.#lists) list.replaceChildren()
    this.#cancelling.stop()
    this.#say("")
    nudge() // ends the held request
    for (const account of document.querySelectorAll("[data-sign-out]")) account.hidden = true
    this.#log("is signed out")
  }

  #refresh(look) {
    this.#page.dataset.state = "refreshing"
    look()
  }

  async #check(card) {
    const { csrfToken, verifyUrl } = this.#page.dataset
    const response = await postJson(verifyUrl, csrfToken, { session_id: card.dataset.sessionId }).catch(() => null)
    const isSilent = response?.status === 503
    card.toggleAttribute("data-silent", isSilent)
    if (isSilent) this.#say(card.querySelector("[data-silence]").textContent)
    await this.#shared.refresh()
  }

  #markLate() {
    for (const card of this.#page.querySelectorAll("[data-late-in]")) {
      card.lateAt ??= performance.now() + Number(card.dataset.lateIn)
      card.toggleAttribute("data-late", performance.now() >= card.lateAt)
    }
  }
}

for (const page of document.querySelectorAll("[data-sync-url]")) new Bookings(page)
