/** List the labels of seats in `place`; no label is broken across lines. */
export function writeLabels(place, labels) {
  const whole = labels.map(label => {
    const span = document.createElement("span")
    span.className = "unbroken"
    span.textContent = label
    return span
  })
  place.replaceChildren(...whole.flatMap((span, number) => (number === 0 ? [span] : [", ", span])))
}
