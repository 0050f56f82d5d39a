/*
 * The verdict, over the whole screen: colour, symbol, word and seat.
 *
 * Who may come in is shown for a moment; everything else stays until a tap, or until another code comes.
 */
import { play } from "./sounds.js"

const MOMENT = 1_200 // ms
const TONES = {
  admitted: ["come", "✓"],
  left: ["come", "↪"],
  again: ["same", "="],
  invalid: ["stop", "✕"],
  unknown: ["stop", "✕"],
  wrong_event: ["stop", "✕"],
  replaced: ["stop", "✕"],
  void: ["stop", "✕"],
  inside: ["stop", "⟲"],
  suspended: ["look", "!"],
  not_yet: ["look", "!"],
  over: ["look", "!"],
  not_inside: ["look", "!"],
}
const FORGIVABLE = ["unknown", "not_yet", "over"] // a supervisor may admit all the same
const STAYS = ["stop", "look"]

export function toneOf(verdict) {
  return TONES[verdict] ?? ["look", "!"]
}

export function wordOf(words, verdict) {
  return (words[verdict] ?? words.else).word
}

export class VerdictScreen {
  #timer
  #sounded = ""
  #answer

  /** `shut()` is called when it is gone, `admit(others)` and `override(reason, scan)` by its buttons. */
  constructor(element, words, { isSupervisors, shut, admit, override }) {
    Object.assign(this, { element, words, isSupervisors, shut })
    element.addEventListener("click", ({ target }) => target.closest("form, [data-others]") || this.close())
    element.addEventListener("keydown", event => event.key === "Escape" && this.close())
    this.#part("others").addEventListener("click", () => admit(this.#answer.group.others))
    this.#part("override").addEventListener("submit", event => {
      event.preventDefault()
      override(event.target.elements.reason.value, this.scan)
    })
  }

  get isOpen() {
    return !this.element.hidden
  }

  /** Whether it stays until somebody does something. */
  get stays() {
    return this.isOpen && !this.#timer
  }

  /** Show the `answer` to a `scan`, the second of one scan in the place of the first, unless it says the same too late. */
  show(answer, scan) {
    const { nonce, verdict } = this.#answer ?? {}
    if (!this.isOpen && nonce === answer.nonce && verdict === answer.verdict) return
    const [tone, mark] = toneOf(answer.verdict)
    const isNew = !this.isOpen || this.#answer?.nonce !== answer.nonce
    const hasOthers = Boolean(answer.group?.others?.length)
    this.#answer = answer
    this.scan = scan
    Object.assign(this.element.dataset, { verdict: answer.verdict, tone, confirmed: answer.confirmed })
    const word = wordOf(this.words, answer.verdict)
    this.#write({ mark, word, ...written(answer, word) })
    this.#part("notes").replaceChildren(...(answer.notes ?? []).map(item))
    this.#offer(answer, hasOthers)
    this.element.hidden = false
    if (isNew) this.element.querySelector("[data-next]").focus({ preventScroll: true })
    this.#sound(tone, answer.nonce)
    this.#forget()
    if (!STAYS.includes(tone) && !hasOthers) this.#timer = setTimeout(() => this.close(), MOMENT)
  }

  close() {
    if (!this.isOpen) return
    this.#forget()
    this.element.hidden = true
    this.shut()
  }

  #forget() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #offer({ verdict, group }, hasOthers) {
    const others = this.#part("others")
    const count = group?.others?.length ?? 0
    others.hidden = !hasOthers || verdict !== "admitted"
    others.textContent = count === 1 ? others.dataset.one : others.dataset.many.replace("{n}", count)
    const about = this.#part("group")
    about.hidden = !(group?.of > 1)
    about.textContent = about.dataset.say.replace("{in}", group?.in).replace("{of}", group?.of)
    const override = this.#part("override")
    override.hidden = !this.isSupervisors || !FORGIVABLE.includes(verdict)
    override.reset()
  }

  #sound(tone, nonce) {
    const said = `${nonce} ${tone}`
    if (said === this.#sounded) return
    this.#sounded = said
    if (tone !== "same") play(tone)
  }

  #write(texts) {
    for (const [name, text] of Object.entries(texts)) this.#part(name).textContent = text
  }

  #part(name) {
    return this.element.querySelector(`[data-${name}]`)
  }
}

function written({ seat, name, category, message, other_name: other }, word) {
  const isSaid = message === `${word}.` // in large letters
  return {
    seat: seat ?? "",
    name: [name, category].filter(Boolean).join(" · "),
    message: [isSaid ? "" : message, other].filter(Boolean).join(" "),
  }
}

function item(words) {
  const line = document.createElement("li")
  line.textContent = words
  return line
}
