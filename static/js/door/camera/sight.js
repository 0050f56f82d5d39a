/*
 * Decides which of the codes that the camera sees is meant.
 *
 * A code that stays in view after its answer isn't meant again: it has to leave the view first. While an answer
 * stays on the screen, another code counts once it has been held up for a moment.
 */
const HELD = 500 // ms that another code must be seen for
const GONE = 1_000 // ms out of view

export class Sight {
  #known = ""
  #knownAt = -Infinity
  #other = ""
  #otherSince = 0
  #otherAt = -Infinity

  /** `mean(text)` is called with each code that is meant; `isHeldUp()` says whether an answer stays on the screen. */
  constructor(mean, isHeldUp) {
    this.mean = mean
    this.isHeldUp = isHeldUp
  }

  /** Take note of what a picture shows: a code's text, or "". */
  see(text, now = performance.now()) {
    if (text === "") return
    if (text === this.#known && now - this.#knownAt < GONE) {
      this.#knownAt = now
      return
    }
    if (this.isHeldUp() && !this.#isHeld(text, now)) return
    this.know(text, now)
    this.mean(text)
  }

  /** Don't mean this code again for as long as it stays in view. */
  know(text, now = performance.now()) {
    this.#known = text
    this.#knownAt = now
    this.#other = ""
  }

  /** The view was shut until now: what was seen last may have been there all the time. */
  resume(now = performance.now()) {
    if (this.#known) this.#knownAt = now
  }

  #isHeld(text, now) {
    if (text !== this.#other || now - this.#otherAt > HELD) this.#otherSince = now
    this.#other = text
    this.#otherAt = now
    return text !== this.#known && now - this.#otherSince >= HELD
  }
}
