/*
 * Three sounds that differ in pitch and in rhythm, so that they can be told apart in a crowd: one high to come
 * in, two low to stop, three in the middle to look. A phone that can, also shakes.
 */
const SOUNDS = {
  come: { pitch: 1_320, at: [0], length: 0.22, shake: [80] }, // Hz; s
  stop: { pitch: 196, at: [0, 0.32], length: 0.26, shake: [250, 100, 250] },
  look: { pitch: 587, at: [0, 0.16, 0.32], length: 0.1, shake: [60, 60, 60, 60, 60] },
}
const VOLUME = 0.5

let context

/** Let sounds be heard. Browsers want this to come from a tap. */
export function unlock() {
  const Context = window.AudioContext ?? window.webkitAudioContext
  if (Context) context ??= new Context()
  context?.resume().catch(() => {}) // without a sound card
}

export function play(name) {
  const { pitch, at, length, shake } = SOUNDS[name]
  navigator.vibrate?.(shake)
  document.documentElement.dataset.sound = name
  if (context) for (const start of at) beep(pitch, context.currentTime + start, length)
}

function beep(pitch, start, length) {
  const oscillator = new OscillatorNode(context, { type: "square", frequency: pitch })
  const gain = new GainNode(context, { gain: VOLUME })
  gain.gain.setValueAtTime(VOLUME, start + length * 0.7)
  gain.gain.linearRampToValueAtTime(0, start + length)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(start)
  oscillator.stop(start + length)
}
