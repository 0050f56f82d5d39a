/*
 * Looks for codes in the pictures of a video: draws them small enough, and has a worker read them.
 *
 * Of three pictures two are read fast and one thoroughly; two are the square in the middle, where people hold
 * codes, and the third is the whole. `tell(text)` is called for each code that is seen, each time.
 */
const PACE = 100 // ms between two pictures at least
const SQUARE = 720 // px of a picture's side
const WHOLE = 960 // px of a whole picture's longer side
const PROBE = 32 // px: a picture of this size says whether it is black, or the same as before

export class Finder {
  #video
  #worker
  #canvas = document.createElement("canvas")
  #probe = document.createElement("canvas")
  #timer
  #count = 0
  #waiting = false
  #running = false
  #lastProbe = ""

  /** `look(state)` is told "black", "equal" or "moving" of each picture; `fail(words)` that nothing can be read. */
  constructor(video, { worker, wasm, tell, look, fail }) {
    this.#video = video
    this.tell = tell
    this.look = look
    this.#probe.width = this.#probe.height = PROBE
    this.#worker = new Worker(worker, { type: "module" })
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data, fail))
    this.#worker.addEventListener("error", ({ message }) => fail(message ?? "worker"))
    this.#worker.postMessage({ wasm: new URL(wasm, location.href).href })
  }

  start() {
    if (this.#running) return
    this.#running = true
    this.#next()
  }

  stop() {
    this.#running = false
    clearTimeout(this.#timer)
  }

  #next() {
    clearTimeout(this.#timer)
    if (this.#running) this.#timer = setTimeout(() => this.#take(), PACE)
  }

  #take() {
    if (this.#waiting || !this.#video.videoWidth) return this.#next()
    const image = this.#draw(this.#count % 3 === 2)
    this.look?.(this.#judge())
    this.#waiting = true
    this.#worker.postMessage({ image, hard: this.#count % 3 === 2, id: this.#count })
    this.#count += 1
  }

  #hear({ ready, broken, texts }, fail) {
    if (broken) return fail(broken)
    if (ready) return
    this.#waiting = false
    if (!this.#running) return
    if (texts.length === 0) this.tell("")
    for (const text of texts) this.tell(text)
    this.#next()
  }

  #draw(whole) {
    const { videoWidth, videoHeight } = this.#video
    const side = Math.min(videoWidth, videoHeight)
    const from = whole
      ? [0, 0, videoWidth, videoHeight]
      : [(videoWidth - side) / 2, (videoHeight - side) / 2, side, side]
    const scale = Math.min(1, (whole ? WHOLE : SQUARE) / Math.max(from[2], from[3]))
    const size = [Math.round(from[2] * scale), Math.round(from[3] * scale)]
    return pixels(this.#canvas, this.#video, from, size)
  }

  /** Say of single pixels whether all are black, or equal to those before: noise changes each of a camera's. */
  #judge() {
    const { videoWidth, videoHeight } = this.#video
    const { data } = pixels(this.#probe, this.#video, [0, 0, videoWidth, videoHeight], [PROBE, PROBE])
    const said = data.join()
    const isEqual = said === this.#lastProbe
    this.#lastProbe = said
    if (data.every((value, index) => index % 4 === 3 || value < 8)) return "black"
    return isEqual ? "equal" : "moving"
  }
}

function pixels(canvas, video, from, [width, height]) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext("2d", { willReadFrequently: true })
  context.imageSmoothingEnabled = width > PROBE // a mean would hide the noise
  context.drawImage(video, ...from, 0, 0, width, height)
  return context.getImageData(0, 0, width, height)
}
