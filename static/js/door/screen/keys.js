/*
 * Scanners that type like a keyboard: collects keys until Enter, or until none has come for a moment.
 *
 * What is typed into a field is that field's. People type slower than scanners and into fields, so a few keys
 * by themselves are no code.
 */
const SILENCE = 80 // ms
const HICCUP = 400 // ms, in what looks like a part of a ticket: wireless scanners falter
const PART = /^[A-Z2-7]{20,135}$/i
const SHORTEST = 8 // characters

export function listen(tell) {
  let typed = ""
  let timer

  const end = () => {
    clearTimeout(timer)
    const text = typed
    typed = ""
    if (text.length >= SHORTEST) tell(text.toUpperCase())
    return text.length >= SHORTEST
  }

  document.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || isField(event.target)) return
    if (event.key === "Enter" && typed.length >= SHORTEST) event.preventDefault() // it presses no button
    if (event.key === "Enter") return end()
    if (event.key.length !== 1) return
    if (typed) event.preventDefault() // a space would press the button that has the focus
    typed += event.key
    clearTimeout(timer)
    timer = setTimeout(end, PART.test(typed) ? HICCUP : SILENCE)
  })
}

/** What a German keyboard makes of an English scanner's keys, and the other way round. */
export function swapped(text) {
  return text.replace(/[YZ]/g, letter => (letter === "Y" ? "Z" : "Y"))
}

function isField(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), select, textarea")
}
