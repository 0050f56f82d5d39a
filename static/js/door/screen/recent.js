/* The last scans of this device, the newest first, each of which can be taken back. */
import { toneOf, wordOf } from "./verdict.js"

const MOST = 20
const UNDOABLE = ["admitted", "left"]

export class Recent {
  #answers = new Map() // by nonce, the oldest first

  constructor(element, words, door) {
    Object.assign(this, { element, words, door })
    element.addEventListener("click", ({ target }) => target.closest("[data-undo]") && this.#undo(target.closest("li")))
  }

  /** Note an answer; a later one of the same scan takes its place. */
  note(answer) {
    const at = this.#answers.get(answer.nonce)?.at ?? new Date()
    this.#answers.set(answer.nonce, { ...answer, at })
    if (this.#answers.size > MOST) this.#answers.delete(this.#answers.keys().next().value)
    this.#draw()
  }

  async #undo(row) {
    const problem = this.element.querySelector("[data-undo-problem]")
    problem.textContent = ""
    try {
      await this.door.undo(row.dataset.nonce, this.element.querySelector("[data-why]")?.value)
      this.#answers.get(row.dataset.nonce).undone = true
      this.#draw()
    } catch (error) {
      problem.textContent = error.message
    }
  }

  #draw() {
    const { content } = this.element.querySelector("[data-row]")
    this.element.hidden = false
    const rows = [...this.#answers.values()].reverse().map(answer => this.#row(content, answer))
    this.element.querySelector("[data-rows]").replaceChildren(...rows)
  }

  #row(content, { nonce, verdict, seat, name, at, undone }) {
    const row = content.cloneNode(true).firstElementChild
    const [tone, mark] = toneOf(verdict)
    Object.assign(row.dataset, { nonce, tone, undone: Boolean(undone) })
    const texts = { mark, seat, name, word: wordOf(this.words, verdict), time: at.toTimeString().slice(0, 5) }
    for (const [part, text] of Object.entries(texts)) row.querySelector(`[data-${part}]`).textContent = text ?? ""
    row.querySelector("[data-undo]").hidden = undone || !UNDOABLE.includes(verdict)
    return row
  }
}
