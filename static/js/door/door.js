/*
 * The door: what a camera, a scanner or somebody's fingers give becomes a scan, and its answer a verdict.
 *
 * What a ticket is worth, and what is kept without a network, is decided in session.js and below.
 */
import { Scanner } from "./camera/scanner.js"
import { offerBright } from "./screen/bright.js"
import { settleConflicts } from "./screen/conflicts.js"
import { listen, swapped } from "./screen/keys.js"
import { Recent } from "./screen/recent.js"
import { search } from "./screen/search.js"
import { play, unlock } from "./screen/sounds.js"
import { drawState } from "./screen/state.js"
import { showStopped } from "./screen/stopped.js"
import { VerdictScreen } from "./screen/verdict.js"
import { openDoor } from "./session.js"

const PERSON = "admit-door-person" // who scans, for as long as the tab is open
const TYPING = ["hid", "typed"]
const TOKEN = /^[A-Z2-7]{100,}$/i // what no name looks like

function start(page) {
  for (const it of page.querySelectorAll("[data-script]")) it.hidden = false
  for (const it of page.querySelectorAll("[data-without-script]")) it.hidden = true
  offerBright(page.querySelector("[data-bright]"))
  const form = page.querySelector("[data-choose]")
  form.elements.person.value ||= sessionStorage.getItem(PERSON) ?? ""
  form.addEventListener("submit", event => {
    event.preventDefault()
    unlock() // sound, camera and wake lock need the same tap
    begin(page, form, event.submitter?.value === "camera")
  })
  page.addEventListener("click", ({ target }) => target.closest("[data-reload]") && location.reload())
}

async function begin(page, form, withCamera) {
  const { event, gate, person } = form.elements
  sessionStorage.setItem(PERSON, person.value)
  const chosen = event.selectedOptions[0].dataset
  page.querySelector("[data-title]").textContent = chosen.title
  page.querySelector("[data-gate]").textContent = gate.value
  page.querySelector("[data-way]").hidden = chosen.reentry !== "true"
  page.dataset.stage = "scan"
  const desk = new Desk(page)
  if (withCamera) desk.scanner.open()
  await desk.open({ event: Number(event.value), gate: gate.value, person: person.value })
}

class Desk {
  constructor(page) {
    this.page = page
    this.words = JSON.parse(page.ownerDocument.getElementById("door-words").textContent)
    this.verdict = new VerdictScreen(page.querySelector("[data-verdict]"), this.words, {
      isSupervisors: page.dataset.role === "supervisor",
      shut: () => this.scanner.resume(),
      admit: others => this.#admit(others),
      override: (reason, scan) => this.scan({ ...scan, override: reason }),
    })
    this.scanner = new Scanner(page.querySelector("[data-camera]"), {
      mean: token => this.scan({ token, kind: "code" }),
      isHeldUp: () => this.verdict.stays,
    })
  }

  async open(chosen) {
    this.door = await openDoor({ ...chosen, direction: this.#direction() })
    this.recent = new Recent(this.page.querySelector("[data-recent]"), this.words, this.door)
    this.door.addEventListener("state", () => this.#drawState())
    this.door.addEventListener("answer", ({ detail }) => this.recent.note(detail)) // its guest has gone
    this.#drawState()
    this.#listen()
    const found = this.page.querySelector(".door-search")
    search(found, this.door, this.words, ticket => this.scan({ ticket, kind: "name" }))
    if (this.verdict.isSupervisors) settleConflicts(this.page.querySelector("[data-conflicts]"), this.door)
    this.page.dataset.ready = ""
  }

  /** Have a scan judged, show what it comes to, and return the last verdict. */
  async scan(scan) {
    if (!this.door) return null // a code was in view while the door was being opened
    let last = null
    this.scanner.pause()
    try {
      await this.door.scan({ ...scan, direction: this.#direction() }, answer => {
        last = answer.verdict
        this.#take(answer, scan)
      })
    } catch (error) {
      this.verdict.show({ nonce: "", verdict: "else", message: error.message, confirmed: true }, scan)
      throw error // whoever is at the door must see that nothing came of it, and the console, too
    } finally {
      if (!this.verdict.isOpen || this.verdict.stays) this.scanner.resume()
    }
    return last
  }

  #take(answer, scan) {
    const other = TYPING.includes(scan.kind) && answer.verdict === "invalid" && !scan.first && swapped(scan.token)
    if (other && other !== scan.token) return this.#takeSwapped(scan, answer, other)
    const meant = scan.first && answer.verdict === "invalid" ? scan.first : answer
    this.recent.note(meant)
    this.verdict.show(meant, scan)
    if (this.verdict.stays) this.scanner.resume() // the server's answer may take its time
  }

  /** A German keyboard has Y and Z the other way round. Of both readings the first is shown if neither is a ticket. */
  #takeSwapped(scan, first, token) {
    if (scan.isSwapped) return
    scan.isSwapped = true // the server's answer follows that of this device
    this.scan({ token, kind: scan.kind, first })
  }

  async #admit(tickets) {
    for (const ticket of tickets) {
      if ((await this.scan({ ticket, kind: "group" })) !== "admitted") return
    }
  }

  #listen() {
    const typed = this.page.querySelector("[data-typed]")
    listen(token => this.scan({ token, kind: "hid" }))
    typed.addEventListener("submit", event => {
      event.preventDefault()
      this.scan({ token: typed.elements.code.value.trim().toUpperCase(), kind: "typed" })
      typed.reset()
    })
    this.page.querySelector("[data-search]").addEventListener("submit", event => this.#takeToken(event), true)
    this.page.addEventListener("click", event => this.#press(event))
  }

  /** A scanner has typed into the field for names. */
  #takeToken(event) {
    const field = event.target.elements.q
    if (!TOKEN.test(field.value.trim())) return
    event.preventDefault()
    event.stopImmediatePropagation()
    this.scan({ token: field.value.trim().toUpperCase(), kind: "hid" })
    field.value = ""
  }

  #press({ target }) {
    if (target.closest("[data-open]")) this.scanner.open()
    if (target.closest("[data-wake]")) this.scanner.camera.stir()
    if (target.closest("[data-test-sound]")) test()
  }

  #direction() {
    return this.page.querySelector("[name=way]:checked")?.value ?? "in"
  }

  #drawState() {
    drawState(this.page, this.door.state)
    showStopped(this.page, this.door)
  }
}

function test() {
  unlock()
  for (const [index, name] of ["come", "stop", "look"].entries()) setTimeout(() => play(name), index * 1_000)
}

document.querySelectorAll("[data-door]").forEach(start)
