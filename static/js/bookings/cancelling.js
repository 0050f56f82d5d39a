/*
 * Cancels a booking from its card: asks in a dialog, shows at once that it is under way, and if the server
 * refuses, shows the card as it was, with the reason. The other tabs show the same.
 */
import { writeMoney } from "../shared/money.js"
import { hear, tell } from "../shared/tabs.js"
import { postJson } from "../shared/waiting.js"

const TIMEOUT = 30_000 // ms until the response is given up
const DECIDED = 5_000 // ms; a request that has reached the server is usually decided by then

export class Cancelling {
  #page
  #dialog
  #refresh
  #say
  #underWay = new Set() // keys of the cards that are being cancelled in any tab
  #refused = new Map() // by key: the reason, the card's state then, and since when the outcome is unknown

  constructor(page, { refresh, say }) {
    this.#page = page
    this.#dialog = page.querySelector("[data-dialog]")
    this.#refresh = refresh
    this.#say = say
    page.addEventListener("click", event => this.#open(event))
    this.#dialog.addEventListener("change", () => this.#count())
    this.#dialog.addEventListener("click", event => event.target.closest("[data-close]") && this.#dialog.close())
    this.#dialog.addEventListener("close", () => this.#returnFocus())
    this.#dialog.addEventListener("submit", event => this.#confirm(event))
    this.#hearOthers()
  }

  /** Mark the cards that are being cancelled, or couldn't be; they may have been replaced. */
  mark() {
    for (const card of this.#page.querySelectorAll("[data-key]")) {
      const { key } = card.dataset
      card.toggleAttribute("data-cancelling", this.#underWay.has(key))
      const { words, standing } = this.#refused.get(key) ?? {}
      card.querySelector("[data-reason]").textContent = standing === standingOf(card) ? words : ""
    }
  }

  /** Note that the server answers: a card whose state is the same as before hasn't been cancelled. */
  settle() {
    for (const [key, { standing, unsureSince }] of this.#refused) {
      const card = this.#card(key)
      if (!card || standingOf(card) !== standing || !(performance.now() - unsureSince > DECIDED)) continue
      this.#refuse(key, this.#reason("undone"))
      tell("refused", { key, words: this.#reason("undone") })
    }
  }

  /** Forget everything: the customer has signed out. */
  stop() {
    this.#underWay.clear()
    this.#refused.clear()
    this.#dialog.close()
    this.#dialog.replaceChildren()
    delete this.#dialog.dataset.of
  }

  #open(event) {
    const link = event.target.closest("[data-cancel]")
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    const card = link.closest("[data-key]")
    this.#dialog.dataset.of = card.dataset.key
    this.#dialog.replaceChildren(card.querySelector("[data-cancel-form]").content.cloneNode(true))
    this.#dialog.showModal()
  }

  /** Say what goes back for the chosen seats, and on the button how many there are. */
  #count() {
    const form = this.#dialog.querySelector("form")
    const chosen = chosenIn(form)
    form.querySelector("[data-none]").hidden = chosen.length > 0
    form.querySelector("[data-some]").hidden = chosen.length === 0
    form.querySelector("[data-total]").textContent = writeMoney(form.dataset.hundred, refundOf(chosen))
    const confirm = form.querySelector("[data-confirm]")
    confirm.setAttribute("aria-disabled", chosen.length === 0) // not disabled: that would take the focus away
    confirm.textContent = form.querySelector("[data-labels]").content.children[chosen.length].textContent
  }

  #returnFocus() {
    // The browser does this itself, unless the card was replaced in the meantime.
    if (document.activeElement !== document.body) return
    this.#card(this.#dialog.dataset.of)?.querySelector("a")?.focus()
  }

  #confirm(event) {
    event.preventDefault()
    const chosen = chosenIn(this.#dialog)
    const seats = this.#dialog.querySelectorAll("[name=seats]")
    if (seats.length > 0 && chosen.length === 0) return seats[0].focus()
    // With the refund that the customer has seen, so that nothing else is done.
    const wish = chosen.length ? { seats: chosen.map(seat => seat.value), refund: refundOf(chosen) } : {}
    this.#dialog.close()
    this.#carryOut(this.#dialog.dataset.of, event.target.dataset.api, wish)
  }

  async #carryOut(key, api, wish) {
    if (this.#underWay.has(key)) return
    this.#begin(key)
    tell("cancelling", { key })
    let unsureSince
    const refusal = await this.#send(api, wish).catch(() => {
      unsureSince = performance.now()
      return this.#reason("unsure")
    })
    if (refusal) {
      this.#refuse(key, refusal, unsureSince)
      tell("refused", { key, words: refusal })
      return this.#refresh()
    }
    tell("cancelled", { key })
    await this.#refresh()
    this.#end(key)
  }

  /** Ask the server; return null once it is done, or the reason why not. Throw if the outcome is unknown. */
  async #send(api, wish) {
    const { csrfToken } = this.#page.dataset
    const response = await postJson(api, csrfToken, wish, AbortSignal.timeout(TIMEOUT))
    return response.ok ? null : (await response.json()).error.message
  }

  #hearOthers() {
    hear("cancelling", ({ key }) => {
      this.#begin(key)
      // That tab may be closed before it can say how it ended.
      setTimeout(() => this.#end(key), TIMEOUT)
    })
    hear("cancelled", ({ key }) => this.#refresh().then(() => this.#end(key)))
    hear("refused", ({ key, words }) => this.#refuse(key, words ?? this.#reason("refused")))
  }

  #begin(key) {
    this.#underWay.add(key)
    this.#refused.delete(key)
    this.mark()
    const card = this.#card(key)
    const focus = document.activeElement
    if (card?.contains(focus) && !focus.offsetParent) card.querySelector("a").focus() // it was hidden
  }

  #end(key) {
    this.#underWay.delete(key)
    this.mark()
  }

  #refuse(key, words, unsureSince) {
    const card = this.#card(key)
    if (card) this.#refused.set(key, { words, standing: standingOf(card), unsureSince })
    this.#end(key)
    this.#say(words)
  }

  #reason(code) {
    const reasons = this.#page.querySelector("[data-reasons]").content
    return reasons.querySelector(`[data-code="${code}"]`).textContent
  }

  #card(key) {
    return this.#page.querySelector(`[data-key="${key}"]`)
  }
}

function chosenIn(form) {
  return [...form.querySelectorAll("[name=seats]:checked")]
}

function refundOf(seats) {
  return seats.reduce((sum, seat) => sum + Number(seat.dataset.refund), 0)
}

function standingOf(card) {
  return `${card.dataset.status} ${card.dataset.bookingStatus}`
}
