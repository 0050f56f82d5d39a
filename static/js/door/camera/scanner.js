/* A camera, what reads its pictures, and what of that is meant: together, for the door's pages. */
import { keepAwake } from "./awake.js"
import { Camera } from "./camera.js"
import { Finder } from "./finder.js"
import { Sight } from "./sight.js"

export class Scanner {
  #finder
  #shut = false

  /** `element` has the video and the addresses of the reader; `mean(text)` gets each code, `isHeldUp()` as in `Sight`. */
  constructor(element, { mean, isHeldUp = () => false }) {
    this.element = element
    this.sight = new Sight(mean, isHeldUp)
    this.camera = new Camera(element, {
      opened: () => this.#begin(),
      rest: asleep => (asleep ? this.#finder?.stop() : this.#begin()),
    })
  }

  /** Open the camera. Call it from a tap: browsers ask for one. */
  async open() {
    const light = this.element.querySelector("[data-light]")
    await Promise.all([this.camera.open(), keepAwake(refused => { light.hidden = !refused })])
  }

  close() {
    this.#finder?.stop()
    this.camera.close()
  }

  /** Look at no picture until `resume`. */
  pause() {
    this.#shut = true
    this.#finder?.stop()
    this.camera.stir()
  }

  resume() {
    if (!this.#shut) return
    this.#shut = false
    this.sight.resume()
    if (this.camera.state === "open") this.#finder?.start()
  }

  #begin() {
    this.#finder ??= this.#makeFinder()
    if (!this.#shut) this.#finder.start()
  }

  #makeFinder() {
    const { worker, wasm } = this.element.dataset
    return new Finder(this.camera.video, {
      worker,
      wasm,
      tell: text => this.#see(text),
      look: picture => this.camera.watch(picture),
      fail: words => { this.element.dataset.reader = words },
    })
  }

  #see(text) {
    if (text) this.camera.stir()
    this.sight.see(text)
  }
}
