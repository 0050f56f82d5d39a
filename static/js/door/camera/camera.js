/*
 * The camera: opened once by a tap, its stream kept, and restarted when it goes black or stops.
 *
 * It tells of itself by data-camera on its element: closed, opening, open, asleep, denied, missing, busy, insecure, broken,
 * reload. iOS asks for leave with each new stream, so one is kept while the screen is dark.
 */
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 } }
const SLEEP_AFTER = 60_000 // ms without a code
const SAME = 5 // pictures in a row that are black or equal: the camera is stuck
const RESTARTS = 2 // in a row; then only loading the page anew helps
const KEY = "admit-door-camera" // the id of the one that was chosen last
const REFUSALS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
}

export class Camera {
  #stream
  #same = 0
  #restarts = 0
  #sleep

  /** `opened()` is called with each new stream, `rest(asleep)` when the screen goes dark and when it wakes. */
  constructor(element, { opened, rest }) {
    this.element = element
    this.video = element.querySelector("video")
    this.opened = opened
    this.rest = rest
    element.querySelector("[data-torch]")?.addEventListener("click", () => this.#switchTorch())
    element.querySelector("[data-cameras]")?.addEventListener("change", event => this.#choose(event.target.value))
    document.addEventListener("visibilitychange", () => document.hidden || this.#resume())
  }

  get state() {
    return this.element.dataset.camera
  }

  async open() {
    if (!navigator.mediaDevices?.getUserMedia) return this.#say("insecure")
    this.#say("opening")
    try {
      await this.#use(await navigator.mediaDevices.getUserMedia({ audio: false, video: constraints() }))
    } catch (error) {
      if (error.name === "OverconstrainedError" && forget()) return this.open() // the chosen one is gone
      this.#say(REFUSALS[error.name] ?? "broken")
    }
  }

  close() {
    clearTimeout(this.#sleep)
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = this.video.srcObject = null
    this.#say("closed")
  }

  /** Stay awake: a code was seen, or somebody has tapped. */
  stir() {
    clearTimeout(this.#sleep)
    if (!this.#stream) return
    this.#sleep = setTimeout(() => this.#doze(), SLEEP_AFTER)
    if (this.state !== "asleep") return
    this.#say("open")
    this.video.play().catch(() => this.restart())
    this.rest(false)
  }

  /** Take note of one picture: "black", "equal" or "moving". */
  watch(picture) {
    this.#same = picture === "moving" ? 0 : this.#same + 1
    if (picture === "moving") this.#restarts = 0
    if (picture === "moving" && this.state === "reload") this.#say("open") // it has come back by itself
    if (this.#same >= SAME) this.restart()
  }

  async restart() {
    this.#same = 0
    if (this.state === "opening" || !this.#stream) return
    if (this.#restarts >= RESTARTS) return this.#say("reload")
    this.#restarts += 1
    this.element.dataset.restarts = Number(this.element.dataset.restarts ?? 0) + 1
    for (const track of this.#stream.getTracks()) track.stop()
    await this.open()
  }

  async #use(stream) {
    this.#stream = stream
    const [track] = stream.getVideoTracks()
    for (const name of ["ended", "mute"]) track.addEventListener(name, () => this.#lose(track))
    this.video.srcObject = stream
    await this.video.play()
    await focus(track)
    this.#offerTorch(track)
    await this.#offerCameras(track)
    this.#say("open")
    this.stir()
    this.opened()
  }

  #lose(track) {
    const isOurs = this.#stream?.getVideoTracks()[0] === track
    if (isOurs && !document.hidden) this.restart()
  }

  #resume() {
    const [track] = this.#stream?.getVideoTracks() ?? []
    if (track && this.state === "open" && (track.readyState === "ended" || track.muted)) this.restart()
  }

  #doze() {
    this.#say("asleep")
    this.video.pause()
    this.rest(true)
  }

  #offerTorch(track) {
    const button = this.element.querySelector("[data-torch]")
    if (button) button.hidden = !track.getCapabilities?.().torch
    button?.setAttribute("aria-pressed", "false")
  }

  async #switchTorch() {
    const button = this.element.querySelector("[data-torch]")
    const torch = button.getAttribute("aria-pressed") !== "true"
    await this.#stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch }] })
    button.setAttribute("aria-pressed", String(torch))
  }

  async #offerCameras(track) {
    const select = this.element.querySelector("[data-cameras]")
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(it => it.kind === "videoinput")
    select.closest("[data-choice]").hidden = cameras.length < 2
    select.replaceChildren(...cameras.map((it, index) => new Option(it.label || index + 1, it.deviceId)))
    select.value = track.getSettings().deviceId
  }

  async #choose(id) {
    remember(id)
    this.close()
    await this.open()
  }

  #say(state) {
    this.element.dataset.camera = state
  }
}

function constraints() {
  const deviceId = recall()
  return deviceId ? { ...WANTED, deviceId: { exact: deviceId } } : { ...WANTED, facingMode: { ideal: "environment" } }
}

async function focus(track) {
  if (!track.getCapabilities?.().focusMode?.includes("continuous")) return
  await track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {}) // offered, but not here
}

function recall() {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null // a browser without storage
  }
}

function remember(id) {
  try {
    localStorage.setItem(KEY, id)
  } catch {
    // a browser without storage asks again
  }
}

function forget() {
  const known = recall()
  if (known) localStorage.removeItem(KEY)
  return known
}
